import { z } from 'zod'
import { volatility } from '../features/volatility.ts'
import { defineRiskModel } from './risk-model.ts'

/**
 * Hard limits that need no estimate but a volatility: the largest exposure of a symbol, the largest sum of
 * absolute exposures, and no increase in a symbol whose volatility per bar is above `maxVolatility` or not
 * known. What is left out does not limit. Stateless.
 */
export default defineRiskModel({
  name: 'limits',
  params: z.strictObject({
    /** Largest |exposure| of each symbol, as a fraction of equity. */
    cap: z.number().min(0).optional(),
    /** Largest Σ|exposure|, as a fraction of equity. */
    gross: z.number().min(0).optional(),
    /** Standard deviation of returns per bar. */
    maxVolatility: z.number().gt(0).optional(),
    /** Bars of the volatility. */
    window: z.int().min(2).default(60),
  }),
  decides: ['cap', 'gross', 'veto'],
  features: (p) => (p.maxVolatility === undefined ? [] : [volatility('close', p.window)]),
  decide: ([volatilities], out, { params: p, symbols }) => {
    out.gross = p.gross ?? Infinity
    out.cap.fill(p.cap ?? Infinity)
    for (let n = 0; n < symbols; n++) out.veto[n] = vetoed(volatilities?.[n], p.maxVolatility)
  },
})

function vetoed(measured: number | undefined, maximum: number | undefined): number {
  if (measured === undefined || maximum === undefined) return 0
  if (measured !== measured) return NaN
  return measured > maximum ? 1 : 0
}
