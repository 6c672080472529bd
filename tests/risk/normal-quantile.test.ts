import { describe, expect, it } from 'vitest'
import { normalQuantile } from '../../src/risk/normal-quantile.ts'

describe('the normal quantile', () => {
  /** scipy.stats.norm.ppf of SciPy 1.17.1. */
  it.each([
    [0.5, 0], [0.75, 0.6744897501960817], [0.9, 1.2815515655446004], [0.95, 1.6448536269514722], [0.975, 1.959963984540054],
    [0.99, 2.3263478740408408], [0.995, 2.5758293035489004], [0.999, 3.090232306167813], [0.9999, 3.719016485455709],
  ])('of %d is %d', (probability, z) => {
    expect(Math.abs(normalQuantile(probability) - z)).toBeLessThan(1e-12)
  })
})
