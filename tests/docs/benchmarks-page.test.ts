import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { reportOf } from '../../bench/report.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('docs/benchmarks.md and its plots tell what bench/results has recorded last', () => {
  const { page, plots } = reportOf(join(root, 'bench/results'))
  expect(readFileSync(join(root, 'docs/benchmarks.md'), 'utf8')).toBe(page)
  expect(readdirSync(join(root, 'docs/benchmarks')).toSorted()).toEqual([...plots.keys()].toSorted())
  expect(plots.size).toBeGreaterThan(3)
  for (const [name, plot] of plots) expect(readFileSync(join(root, 'docs/benchmarks', name), 'utf8')).toBe(plot)
})
