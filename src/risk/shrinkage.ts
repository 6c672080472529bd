export const SHRINKAGE_TARGETS = ['constant-correlation', 'identity'] as const
export type ShrinkageTarget = (typeof SHRINKAGE_TARGETS)[number]

/** Returns of `symbols` over `rows` periods, row-major `[row][symbol]`. */
export interface ReturnWindow {
  readonly returns: Float64Array
  readonly rows: number
  readonly symbols: number
}

export interface ShrunkCovariance {
  /** `[i][j]`, in squared units of the returns, divided by rows (not rows − 1). */
  readonly covariance: Float64Array
  /** Weight of the target, 0..1; the sample covariance has the rest. */
  readonly shrinkage: number
}

/**
 * Sample covariance shrunk toward a structured target by the intensity that minimises expected squared error:
 * δ = clamp((π − ρ) / γ / rows), with π the summed asymptotic variance of the sample covariances, ρ their
 * summed covariance with the target's entries and γ the squared distance between the two.
 *
 * - `identity`: mean variance × I; ρ = 0. O. Ledoit, M. Wolf, "A well-conditioned estimator for
 *   large-dimensional covariance matrices", Journal of Multivariate Analysis 88 (2004) 365–411.
 * - `constant-correlation`: own variances, mean sample correlation. O. Ledoit, M. Wolf, "Honey, I Shrunk the
 *   Sample Covariance Matrix", Journal of Portfolio Management 30 (2004) 110–119, appendix B.
 *
 * Every symbol's variance must be positive.
 */
export function shrunkCovariance(window: ReturnWindow, target: ShrinkageTarget): ShrunkCovariance {
  const centred = centre(window)
  const sample = crossMoments(centred, centred)
  const squares: ReturnWindow = { ...centred, returns: centred.returns.map((value) => value * value) }
  const variances = crossMoments(squares, squares).map((moment, k) => moment - sample[k] * sample[k])
  const { prior, rho } =
    target === 'identity' ? identityTarget(sample, window.symbols) : correlationTarget(centred, sample, variances)

  let pi = 0
  let gamma = 0
  for (let k = 0; k < sample.length; k++) {
    pi += variances[k]
    gamma += (sample[k] - prior[k]) * (sample[k] - prior[k])
  }
  const shrinkage = gamma === 0 ? 0 : Math.max(0, Math.min(1, (pi - rho) / gamma / window.rows))
  return { covariance: sample.map((value, k) => shrinkage * prior[k] + (1 - shrinkage) * value), shrinkage }
}

function centre({ returns, rows, symbols }: ReturnWindow): ReturnWindow {
  const centred = new Float64Array(returns.length)
  for (let n = 0; n < symbols; n++) {
    let sum = 0
    for (let t = 0; t < rows; t++) sum += returns[t * symbols + n]
    const mean = sum / rows
    for (let t = 0; t < rows; t++) centred[t * symbols + n] = returns[t * symbols + n] - mean
  }
  return { returns: centred, rows, symbols }
}

/** Mean over rows of left[i] × right[j], `[i][j]`. */
function crossMoments(left: ReturnWindow, right: ReturnWindow): Float64Array {
  const { rows, symbols } = left
  const moments = new Float64Array(symbols * symbols)
  for (let t = 0; t < rows; t++) {
    const rights = right.returns.subarray(t * symbols, (t + 1) * symbols)
    for (let i = 0; i < symbols; i++) {
      const value = left.returns[t * symbols + i]
      const start = i * symbols
      for (let j = 0; j < symbols; j++) moments[start + j] += value * rights[j]
    }
  }
  return moments.map((sum) => sum / rows)
}

interface Target {
  readonly prior: Float64Array
  readonly rho: number
}

function identityTarget(sample: Float64Array, symbols: number): Target {
  let trace = 0
  for (let i = 0; i < symbols; i++) trace += sample[i * symbols + i]
  const prior = new Float64Array(symbols * symbols)
  for (let i = 0; i < symbols; i++) prior[i * symbols + i] = trace / symbols
  return { prior, rho: 0 }
}

function correlationTarget(centred: ReturnWindow, sample: Float64Array, variances: Float64Array): Target {
  const { symbols } = centred
  const deviations = Float64Array.from({ length: symbols }, (_, i) => Math.sqrt(sample[i * symbols + i]))
  let correlationSum = 0
  for (let i = 0; i < symbols; i++) {
    for (let j = 0; j < symbols; j++) {
      if (i !== j) correlationSum += sample[i * symbols + j] / (deviations[i] * deviations[j])
    }
  }
  const meanCorrelation = symbols > 1 ? correlationSum / (symbols * (symbols - 1)) : 0
  const cubes: ReturnWindow = { ...centred, returns: centred.returns.map((value) => value * value * value) }
  const cubeMoments = crossMoments(cubes, centred)

  const prior = new Float64Array(symbols * symbols)
  let rhoDiagonal = 0
  let rhoRest = 0
  for (let i = 0; i < symbols; i++) {
    const variance = sample[i * symbols + i]
    rhoDiagonal += variances[i * symbols + i]
    for (let j = 0; j < symbols; j++) {
      const k = i * symbols + j
      prior[k] = i === j ? variance : meanCorrelation * deviations[i] * deviations[j]
      if (i !== j) rhoRest += (deviations[j] / deviations[i]) * (cubeMoments[k] - variance * sample[k])
    }
  }
  return { prior, rho: rhoDiagonal + meanCorrelation * rhoRest }
}
