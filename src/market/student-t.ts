import type { Random } from '../base/random.ts'

/** Degrees of freedom of the synthetic market's shocks: daily equity returns are fitted by 3 to 6. */
export const TAIL_DEGREES = 5
const UNIT_VARIANCE = Math.sqrt((TAIL_DEGREES - 2) / TAIL_DEGREES)

/** A Student-t variate with {@link TAIL_DEGREES} degrees of freedom, scaled to variance 1 (R. Bailey's polar method, 1994). */
export function fatTailed(random: Random): number {
  for (;;) {
    const u = 2 * random.uniform() - 1
    const v = 2 * random.uniform() - 1
    const w = u * u + v * v
    if (w > 1 || w === 0) continue
    return UNIT_VARIANCE * u * Math.sqrt((TAIL_DEGREES * (w ** (-2 / TAIL_DEGREES) - 1)) / w)
  }
}

/** GARCH(1,1) variance with long-run mean 1 (T. Bollerslev, 1986): what it is after a shock in units of its root. */
export function nextVariance(variance: number, shock: number): number {
  return 0.03 + 0.07 * variance * shock * shock + 0.9 * variance
}
