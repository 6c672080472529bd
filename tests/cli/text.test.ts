import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/base/random.ts'
import { exactFloat32, formatBytes, formatDuration, formatMetric, plural } from '../../src/cli/figures.ts'
import { commandText, quoted } from '../../src/cli/invocation.ts'
import { barText, shareText, timingText } from '../../src/cli/progress-text.ts'
import { formatProblem } from '../../src/cli/report-error.ts'
import { formatTable } from '../../src/cli/table.ts'

describe('figures', () => {
  it('are as long as a person wants them', () => {
    expect([0, 999, 1024, 15_000_000, 3 * 2 ** 30].map(formatBytes)).toEqual(['0 B', '999 B', '1.0 KiB', '14 MiB', '3.0 GiB'])
    expect([40, 9_940, 59_400, 61_000, 3_600_000, 7_380_000].map(formatDuration)).toEqual(['0.0 s', '9.9 s', '59 s', '1 min 01 s', '1 h 00 min', '2 h 03 min'])
    expect([formatMetric('sharpe', 1.23456), formatMetric('annualReturn', 0.1234), formatMetric('finalEquity', 12345.678), formatMetric('trades', 1234), formatMetric('turnover', 2.345), formatMetric('sharpe', NaN), formatMetric('sharpe', null)])
      .toEqual(['1.235', '12.34 %', '12,345.68', '1,234', '2.35 ×', '–', '–'])
    expect([plural(1, 'order'), plural(2208, 'order')]).toEqual(['1 order', '2,208 orders'])
  })

  it('of float32 have the digits that identify them, and no more', () => {
    const random = createRandom(7)
    let digits = 0
    for (let i = 0; i < 2000; i++) {
      const value = Math.fround(random.normal() * 10 ** (random.integer(12) - 6))
      const text = exactFloat32(value)
      expect(Math.fround(Number(text))).toBe(value)
      digits += text.replace(/e.*|[-.]/g, '').replace(/^0+/, '').length
    }
    console.log(`float32: seed 7, 2000 numbers, ${(digits / 2000).toFixed(1)} digits on average`)
    expect([0.1, 1 / 3, 0, 1, -0.25, 1e-7].map((value) => exactFloat32(Math.fround(value)))).toEqual(['0.1', '0.33333334', '0', '1', '-0.25', '1e-7'])
    expect([exactFloat32(NaN), exactFloat32(Infinity), exactFloat32(0.1)]).toEqual(['none', 'Infinity', '0.1'])
  })
})

describe('text', () => {
  it('is aligned in tables, the last column as long as it is', () => {
    expect(formatTable([{ name: 'a', align: 'right' }, { name: 'name' }, { name: 'rest' }], [['1', 'x', 'long text'], ['100', 'longer', '']]))
      .toEqual(['  a  name    rest', '  1  x       long text', '100  longer'])
  })

  it('of a bar says how far, how fast and how long yet', () => {
    expect(barText({ done: 120, total: 480, elapsedMs: 2000 })).toBe('██████░░░░░░░░░░░░░░░░░░  120 of 480  60/s  6.0 s left')
    expect(barText({ done: 0, total: 480, elapsedMs: 2000 })).toBe('░░░░░░░░░░░░░░░░░░░░░░░░  0 of 480')
    expect(barText({ done: 480, total: 480, elapsedMs: 2000 })).toBe('████████████████████████  480 of 480')
    expect(shareText(0.5)).toBe('████████████░░░░░░░░░░░░  50 %')
    expect(timingText({ stage: 'risk', startedAt: '2020-01-01T00:00:00.000Z', wallMs: 1234, cpuMs: 2000, made: 3, cached: 1, peakMemoryBytes: 2 ** 27 }, 1)).toBe('risk: 3 made, 1 reused, 1 failed in 1.2 s (2.0 s of CPU, 128 MiB at most)')
  })

  it('of a problem has its place first and its parts below', () => {
    expect(formatProblem({ code: 'CONFIG_VALUE', message: 'no such\n\nthing', where: 'a.yaml:3:1', value: { a: 1 }, hint: 'write b' }))
      .toBe('a.yaml:3:1: CONFIG_VALUE: no such\n    thing\n    found: {"a":1}\n    hint:  write b')
  })

  it('of a command can be pasted into a shell', () => {
    expect([quoted('latest'), quoted("it's"), quoted('single[trend[fast=5]]')]).toEqual(['latest', `'it'\\''s'`, `'single[trend[fast=5]]'`])
    expect(commandText(['top', 'latest'], { store: 'my store' })).toMatch(/ top latest --store 'my store'$/)
  })
})
