import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PERFORMANCE_FIELDS } from '../../src/domain/performance.ts'
import type { Performance } from '../../src/domain/performance.ts'
import type { PortfolioConfig } from '../../src/domain/portfolio.ts'
import type { KernelBlock, KernelSetup } from '../../src/kernel/kernel.ts'
import { createReferenceKernel } from '../../src/kernel/reference.ts'
import { createPlainKernel } from '../../src/kernel/wasm.ts'
import type { PlainKernel } from '../../src/kernel/wasm.ts'
import { randomBatch } from './random-batch.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-kernel-'))
let wasm: WebAssembly.Module

beforeAll(() => {
  const script = fileURLToPath(new URL('../../scripts/build-kernel.mjs', import.meta.url))
  const file = join(folder, 'kernel.wasm')
  execFileSync(process.execPath, [script, file])
  wasm = new WebAssembly.Module(readFileSync(file))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Every number of a portfolio that both kernels can tell, by name. */
function figures(kernel: PlainKernel, portfolio: number): Record<string, number> {
  const { cash, equity, quantities, marks } = kernel.book(portfolio)
  const named: Record<string, number> = { ...kernel.performance(portfolio), cash, equity }
  quantities.forEach((value, n) => (named[`quantities[${n}]`] = value))
  marks.forEach((value, n) => (named[`marks[${n}]`] = value))
  return named
}

/** Names of the figures that differ in any bit; NaN equals NaN, 0 does not equal −0. */
function differences(a: Record<string, number>, b: Record<string, number>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((name) => !Object.is(a[name], b[name]))
    .map((name) => `${name}: ${a[name]} and ${b[name]}`)
}

describe('the SIMD kernel', () => {
  it('is the reference kernel bit for bit, on random portfolios, markets and block sizes', () => {
    const cases = 250
    const seed = process.env.MILLRACE_SEED ?? 'plain'
    const seen: Performance = Object.fromEntries(PERFORMANCE_FIELDS.map((field) => [field, 0])) as Performance
    let portfolios = 0
    for (let i = 0; i < cases; i++) {
      const { setup, blocks } = randomBatch(`${seed}/${i}`)
      const reference = createReferenceKernel(setup)
      const simd = createPlainKernel(wasm, setup)
      for (const block of blocks) {
        reference.run(block)
        simd.run(block)
        for (let p = 0; p < setup.portfolios.length; p++) {
          const found = differences(figures(simd, p), figures(reference, p))
          expect(found, `case ${seed}/${i}, portfolio ${p} after row ${block.market.firstRow + block.market.rows - 1}`).toEqual([])
        }
      }
      for (let p = 0; p < setup.portfolios.length; p++) {
        const performance = simd.performance(p)
        for (const field of PERFORMANCE_FIELDS) seen[field] += performance[field]
      }
      portfolios += setup.portfolios.length
    }
    for (const field of ['fills', 'trades', 'cancellations', 'cappedCount', 'vetoedCount', 'scaledBars', 'grossLimitedBars', 'drawdownStops', 'ended'] as const) {
      expect(seen[field], `${field} hardly happened`).toBeGreaterThan(5)
    }
    console.log(
      `SIMD = reference: ${cases} batches, ${portfolios} portfolios, ${seen.fills} fills, ${seen.cancellations} cuts by buying power, ` +
        `${seen.drawdownStops} drawdown stops, ${seen.ended} ended; seed ${seed}`,
    )
  })

  it('gives a portfolio the same result whoever shares its pair and batch', () => {
    const { setup, blocks } = randomBatch('company')
    const together = createPlainKernel(wasm, setup)
    blocks.forEach((block) => together.run(block))
    setup.portfolios.forEach((portfolio, p) => {
      const alone = createPlainKernel(wasm, { ...setup, portfolios: [portfolio] })
      blocks.forEach((block) => alone.run(block))
      expect(differences(figures(alone, 0), figures(together, p))).toEqual([])
    })
  })
})

describe('what is not plain', () => {
  /** A batch whose first block has some rows. */
  const batch = () => ['a', 'b', 'c', 'd', 'e'].map(randomBatch).find(({ blocks }) => blocks[0].market.rows > 4)!
  const withConfig = (change: Partial<PortfolioConfig>): KernelSetup => {
    const { setup } = batch()
    return { ...setup, portfolios: [{ ...setup.portfolios[0], config: { ...setup.portfolios[0].config, ...change } }] }
  }

  it.each<[string, Partial<PortfolioConfig>]>([
    ['combine other than mean', { combine: 'vote' }],
    ['hold', { trading: 'hold' }],
    ['a calendar schedule', { schedule: { every: 'week' } }],
    ['sizing other than exposure', { sizing: { kind: 'fixedCash', cash: 1 } }],
    ['holding times', { cooldownBars: 1 }],
    ['starting positions', { positions: { S0: 1 } }],
    ['an end other than leave', { end: 'last-close' }],
  ])('is refused with its reason: %s', (reason, change) => {
    expect(() => createPlainKernel(wasm, withConfig(change))).toThrow(reason)
  })

  it.each<[string, (block: KernelBlock) => void]>([
    ['a symbol has no bar in a row', ({ market }) => (market.close[3] = NaN)],
    ['a symbol splits', ({ market }) => (market.split[0] = 2)],
    ['a symbol pays a dividend', ({ market }) => (market.dividend[0] = 0.1)],
    ['a bar opens before the one before it has closed', ({ market }) => (market.openTimes[1] = 0)],
  ])('is refused in a block: %s', (reason, change) => {
    const { setup, blocks } = batch()
    change(blocks[0])
    expect(() => createPlainKernel(wasm, setup).run(blocks[0])).toThrow(reason)
  })
})
