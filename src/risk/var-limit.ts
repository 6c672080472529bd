import { z } from 'zod'
import { averageCorrelation } from '../features/average-correlation.ts'
import { volatility } from '../features/volatility.ts'
import { normalQuantile } from './normal-quantile.ts'
import { defineRiskModel } from './risk-model.ts'

/**
 * Parametric value at risk of the reference book, held under a limit by `scale`: J.P. Morgan/Reuters,
 * "RiskMetrics Technical Document", 4th edition (1996), §1.2 and §6.3 (normal returns, zero mean, √time), with
 * one correlation ρ for all pairs (E. Elton, M. Gruber, "Estimating the Dependence Structure of Share
 * Prices", Journal of Finance 28 (1973) 1203–1232):
 *
 *     σ² = ρ (Σ eσ)² + (1 − ρ) Σ (eσ)²      VaR = z(confidence) × √(σ² × horizonBars)
 *     scale = min(1, limit / VaR)
 *
 * e is the exposure of a symbol (a fraction of equity), σ its volatility per bar, ρ the market's average
 * correlation; VaR and limit are fractions of equity. No opinion is no exposure. Without the volatility of a
 * symbol the book holds, or without ρ, nothing is decided: an unmeasured risk is not a small one. A risk that is
 * alone needs no ρ, which a market of one symbol has not got. Stateless.
 */
export default defineRiskModel({
  name: 'var-limit',
  params: z.strictObject({
    /** Largest VaR, as a fraction of equity. */
    limit: z.number().gt(0),
    confidence: z.number().min(0.5001).max(0.9999).default(0.99),
    horizonBars: z.number().gt(0).default(1),
    /** Bars of the volatilities and of the average correlation. */
    window: z.int().min(2).default(60),
  }),
  decides: ['scale'],
  features: (p) => [volatility('close', p.window), averageCorrelation('close', p.window)],
  decide: ([volatilities, [correlation]], out, { params: p, book }) => {
    let sum = 0
    let squares = 0
    let risks = 0
    for (let n = 0; n < book.length; n++) {
      const exposure = book[n]
      if (exposure === 0 || exposure !== exposure) continue
      const risk = exposure * volatilities[n]
      sum += risk
      squares += risk * risk
      if (risk !== 0) risks++
    }
    if (squares === 0) {
      out.scale = 1
      return
    }
    // ρ below −1/(N−1) is no correlation matrix of N symbols; rounding may leave a hair below zero.
    const variance = risks === 1 ? squares : Math.max(0, correlation * sum * sum + (1 - correlation) * squares)
    const valueAtRisk = normalQuantile(p.confidence) * Math.sqrt(variance * p.horizonBars)
    out.scale = valueAtRisk <= p.limit ? 1 : p.limit / valueAtRisk
  },
})
