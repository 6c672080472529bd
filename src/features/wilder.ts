/**
 * Wilder's smoothing (J. W. Wilder, New Concepts in Technical Trading Systems, 1978): the plain mean of the
 * first `period` values, then average + (value − average) / period. One formula serves both, because the
 * running mean of k values is average + (value − average) / k.
 * @param count which value this is, 1 at the first.
 */
export function wilderAverage(average: number, value: number, step: { count: number; period: number }): number {
  return average + (value - average) / Math.min(step.count, step.period)
}
