/** How well predictions order what followed. */
export interface Skill {
  /** Rows with at least two pairs whose ranks differ. */
  readonly days: number
  /** Mean over days of the rank correlation across symbols. */
  readonly informationCoefficient: number
  /** Of that mean against 0: mean / deviation × √days, the sample deviation over days. */
  readonly t: number
}

/** Row by row: N predictions, and the N returns that followed. NaN on either side leaves a symbol out. */
export interface ForecastRow {
  readonly predictions: ArrayLike<number>
  readonly returns: ArrayLike<number>
}

/**
 * Information coefficient: the daily cross-sectional rank correlation (C. Spearman, 1904; ties share their mean
 * rank) of forecasts and subsequent returns (R. Grinold, R. Kahn, Active Portfolio Management, 2nd edition, 2000).
 */
export function measureSkill(rows: Iterable<ForecastRow>): Skill {
  const coefficients: number[] = []
  for (const row of rows) {
    const coefficient = rankCorrelation(row)
    if (!Number.isNaN(coefficient)) coefficients.push(coefficient)
  }
  const days = coefficients.length
  const mean = coefficients.reduce((sum, value) => sum + value, 0) / days
  const variance = coefficients.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (days - 1)
  return { days, informationCoefficient: mean, t: (mean / Math.sqrt(variance)) * Math.sqrt(days) }
}

/** Spearman's rank correlation; NaN when one side does not vary. */
export function rankCorrelation({ predictions, returns }: ForecastRow): number {
  const pairs = Array.from({ length: predictions.length }, (_, n) => n).filter((n) => !Number.isNaN(predictions[n] + returns[n]))
  const first = meanRanks(pairs.map((n) => predictions[n]))
  const second = meanRanks(pairs.map((n) => returns[n]))
  const middle = (pairs.length + 1) / 2
  const product = (left: readonly number[], right: readonly number[]) =>
    left.reduce((sum, rank, i) => sum + (rank - middle) * (right[i] - middle), 0)
  return product(first, second) / Math.sqrt(product(first, first) * product(second, second))
}

/** 1 for the smallest; equal values share the mean of their ranks. */
function meanRanks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length
    const equal = values.filter((other) => other === value).length
    return below + (equal + 1) / 2
  })
}
