import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { figureOf, type Bench } from '../../bench/measure.ts'
import { barsOf, linesOf } from '../../bench/plot.ts'
import { reportOf } from '../../bench/report.ts'

const once = (name: string, unit: string, value: number, target?: Parameters<typeof figureOf>[0]['target']) => figureOf({ name, unit, values: [value], target })
const widths = (svg: string): number[] => [...svg.matchAll(/<rect x="\S+" y="\S+" width="(\S+)"/g)].map(([, width]) => Number(width))

describe('bars', () => {
  it('are as long as what they show, ratios first, each unit by itself', () => {
    const svg = barsOf([once('slow', 's', 8), once('quick', 's', 2), once('slow ÷ quick', '×', 4)])
    const [ratio, slow, quick] = widths(svg)
    expect(slow).toBe(4 * quick)
    expect(ratio).toBe(slow)
    expect(svg.indexOf('slow ÷ quick')).toBeLessThan(svg.indexOf('>slow<'))
    expect(svg).not.toContain('logarithmic')
  })

  it('say so where they are logarithmic', () => {
    const [small, middle, large] = widths(barsOf([1, 100, 10_000].map((value) => once(String(value), 'MiB', value))))
    expect(large - middle).toBeCloseTo(middle - small, 0)
    expect(barsOf([once('a', 's', 1), once('b', 's', 100)])).toContain('s (logarithmic scale)')
  })

  it('have a line where the target is', () => {
    const [, x] = /<line x1="(\S+)"/.exec(barsOf([once('missed', '×', 5, { atLeast: 10 })])) ?? []
    const [, left, width] = /<rect x="(\S+)" y="\S+" width="(\S+)"/.exec(barsOf([once('missed', '×', 5, { atLeast: 10 })])) ?? []
    expect(Number(x) - Number(left)).toBeCloseTo(2 * Number(width), 0)
  })

  it('have room for the longest name, and their figures beside a target that is near', () => {
    const name = 'a whole command, from its first process to its last result, ÷ another'
    const svg = barsOf([once(name, '×', 9.9, { atLeast: 10 })])
    const [, left] = /<rect x="(\S+)" y="\S+" width="\S+"/.exec(svg) ?? []
    expect(Number(left)).toBeGreaterThan(6.5 * name.length)
    const [, line] = /<line x1="(\S+)"/.exec(svg) ?? []
    const [, figure] = /<text x="(\S+)"[^>]*>9.9</.exec(svg) ?? []
    expect(Number(figure)).toBeGreaterThan(Number(line))
  })
})

it('lines begin at zero, and go right by factors where the axis is logarithmic', () => {
  const svg = linesOf({ x: 'bars', y: 'MiB', logarithmicX: true, lines: [{ name: 'memory', points: [[1_000, 50], [10_000, 100], [100_000, 100]] }] })
  const places = /points="([^"]+)"/.exec(svg)?.[1].split(' ').map((place) => place.split(',').map(Number)) ?? []
  const [[x0, y0], [x1, y1], [x2, y2]] = places
  expect(x2 - x1).toBeCloseTo(x1 - x0, 0)
  expect(y2).toBe(y1)
  const [, zero] = /y1="(\S+)"[^>]*stroke="#ddd"/.exec(svg) ?? []
  expect(Number(zero) - y0).toBeCloseTo((Number(zero) - y1) / 2, 0)
})

it('the page tells what was reached and what was missed, of the newest record', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-test-'))
  const machine = { processor: 'P', cores: 2, memoryGiB: 8, system: 'S', node: '20', v8: '11', millrace: '0', commit: 'abc' }
  const record = (measuredAt: string, value: number): void => {
    const bench: Bench = { name: 'race', setting: { rows: 3 }, figures: [once('won', '×', value, { atLeast: 10 }), once('lost', 's', 3, { atMost: 2 }), once('took', 's', 1), once('nearly', '%', 89.9987, { atLeast: 90 })], notes: ['told plainly'] }
    writeFileSync(join(folder, `${measuredAt}.json`), JSON.stringify({ measuredAt, machine, benches: [{ id: 'race', ...bench }] }))
  }
  record('2020-01-02', 12)
  record('2020-01-01', 9)
  const { page, plots } = reportOf(folder)
  rmSync(folder, { recursive: true })
  expect([...plots.keys()]).toEqual(['race.svg'])
  expect(page).toContain('| won | 12 × | ≥ 10: reached | 12 to 12 | 1 |')
  expect(page).toContain('| lost | 3 s | ≤ 2: **missed** | 3 to 3 | 1 |')
  expect(page).toContain('| took | 1 s |  | 1 to 1 | 1 |')
  // Rounded it would be its own target.
  expect(page).toContain('| nearly | 89.9987 % | ≥ 90: **missed** |')
  expect(page).toContain('* told plainly')
})
