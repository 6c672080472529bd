import { expect, it } from 'vitest'
import { createPerformance, PERFORMANCE_FIELDS } from '../../src/domain/performance.ts'

it('a performance has every field in its place, however far apart they stand', () => {
  const values = Array.from({ length: 200 }, (_, place) => place)
  for (const [at, step] of [[0, 1], [3, 2], [7, 5]]) {
    expect(Object.entries(createPerformance(values, at, step))).toEqual(PERFORMANCE_FIELDS.map((field, i) => [field, at + i * step]))
  }
})
