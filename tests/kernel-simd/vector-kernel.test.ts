import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/base/random.ts'
import { NO_COSTS } from '../../src/domain/costs.ts'
import { PERFORMANCE_FIELDS } from '../../src/domain/performance.ts'
import type { Performance } from '../../src/domain/performance.ts'
import type { PortfolioConfig } from '../../src/domain/portfolio.ts'
import { ORDER_KINDS, ORDER_OUTCOMES } from '../../src/domain/order.ts'
import type { BatchPortfolio, Kernel, KernelBlock, KernelSetup, Recorder } from '../../src/kernel/kernel.ts'
import { JournalReader } from '../../src/kernel/journal-reader.ts'
import { createReferenceKernel } from '../../src/kernel/reference.ts'
import { createSweepKernel } from '../../src/kernel/sweep.ts'
import { whyNotVector } from '../../src/kernel/vector-rules.ts'
import type { KernelModules } from '../../src/kernel/variants.ts'
import type { KernelModule } from '../../src/kernel/wasm-layout.ts'
import { createVectorKernel } from '../../src/kernel/wasm.ts'
import type { VectorKernel } from '../../src/kernel/wasm.ts'
import { kernelModulesIn } from '../../src/lineup/kernel-file.ts'
import { createLedger, makeBlock, makeSetup } from '../kernel/market-fixture.ts'
import type { Ledger } from '../kernel/market-fixture.ts'
import { cutBlock, sortLedger } from '../kernel/playing.ts'
import { randomScene } from '../kernel/random-scene.ts'
import { randomBatch } from './random-batch.ts'
import type { RandomBatch } from './random-batch.ts'

const SEED = process.env.MILLRACE_SEED ?? 'vector'
/** The modules of the build that every test run begins with. */
const folder = fileURLToPath(new URL('../../dist', import.meta.url))
const pool = kernelModulesIn(folder)
/** Memories come with what another batch may have left there: here the least likely to go unseen. */
const modules: KernelModules = {
  take: (variant) => {
    const instance = pool.take(variant)
    const { memory, freeMemory } = instance.exports as unknown as KernelModule
    new Uint8Array(memory.buffer, freeMemory()).fill(0xa5)
    return instance
  },
  release: pool.release,
}

/** Every number of a portfolio that both kernels can tell, by name. */
function figures(kernel: Pick<VectorKernel, 'performance' | 'book'>, portfolio: number): Record<string, number> {
  const { cash, equity, quantities, marks } = kernel.book(portfolio)
  const named: Record<string, number> = { ...kernel.performance(portfolio), cash, equity }
  quantities.forEach((value, n) => (named[`quantities[${n}]`] = value))
  marks.forEach((value, n) => (named[`marks[${n}]`] = value))
  return named
}

/** Names of the figures that differ in any bit; NaN equals NaN, 0 does not equal −0. */
function differences(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((name) => !Object.is(a[name], b[name]))
    .map((name) => `${name}: ${a[name]} and ${b[name]}`)
}

/**
 * A market with everything in it (gaps, halts, splits, dividends, delistings, several bars a session, spreads)
 * and portfolios with every rule the SIMD kernel has, in blocks of one length.
 */
function randomMarket(seed: string, of: { readonly symbols?: number; readonly isShort?: boolean } = {}): RandomBatch {
  const random = createRandom(seed)
  const scene = randomScene(seed, of)
  const rows = Object.values(scene.market)[0].bars.length
  const isShort = random.uniform() < 0.4 || (of.isShort ?? false)
  const short = { exits: {}, minHoldBars: 0, maxHoldBars: 0, cooldownBars: 0, end: 'leave' } as const
  const reckless = { leverage: 30, sizing: { kind: 'exposure', size: 14 }, limits: { cap: null, gross: null }, drawdownStop: null } as const
  const portfolios = (scene.portfolios ?? []).map((config) => ({
    ...config,
    ...(isShort ? { ...short, ...(config.sizing?.kind !== 'allIn' ? {} : { sizing: { kind: 'fixedCash', cash: 4000 } as const }) } : {}),
    ...(random.uniform() < 0.25 ? reckless : {}),
    execution: {
      profile: 'next-open', buyingPower: isShort ? 'scale' : config.execution?.buyingPower ?? 'scale',
      participation: isShort ? null : config.execution?.participation ?? null,
    } as const,
  }))
  const closeHours = scene.closeHours ?? []
  const apart = { ...scene, portfolios, openHours: closeHours.map((hour) => hour - 1) }
  const block = makeBlock(apart)
  const length = 1 + random.integer(rows)
  const blocks = Array.from({ length: Math.ceil(rows / length) }, (_, i) => cutBlock(block, i * length, Math.min(rows, (i + 1) * length)))
  return { setup: makeSetup(apart), blocks }
}

/** Portfolios that trade to their targets in every bar, with exits, times and interest of all kinds between: markets are complete, or all there is. */
function randomTimes(seed: string, of: { symbols?: number } = {}): RandomBatch {
  const random = createRandom(seed)
  const { setup, blocks } = of.symbols !== undefined || random.uniform() < 0.7 ? randomBatch(seed, of) : randomMarket(seed)
  const one = <T>(...values: readonly T[]): T => values[random.integer(values.length)]
  const portfolios = setup.portfolios.map((portfolio): BatchPortfolio => {
    const { config } = portfolio
    const exits: PortfolioConfig['exits'] = {
      stopLoss: one(null, 0.02, 0.1), takeProfit: one(null, 0.03, 0.2), trailingStop: one(null, 0.02, 0.08), trailFrom: one('close', 'high'),
      exitsFrom: one('entry-bar', 'next-bar'), gapFill: one('open', 'level'), reentry: one('change', 'change', 'any'),
    }
    return {
      ...portfolio,
      config: {
        ...config, exits, costs: { ...config.costs, ...one<object>({}, {}, { borrowRate: 0.3, loanRate: 0.2, cashRate: 0.1 }) }, trading: 'rebalance', schedule: { everyBars: 1 }, sizing: { kind: 'exposure', size: one(1, 0.6) },
        minHoldBars: one(0, 0, 3), maxHoldBars: one(0, 0, 8), cooldownBars: one(0, 0, 2), drawdownStop: null,
        execution: { profile: 'next-open', buyingPower: one('scale', 'reject'), participation: one(null, 1e-5, 0.5) },
      },
    }
  })
  return { setup: { ...setup, portfolios }, blocks }
}

/** Portfolios that trade one symbol in every bar, to exposures, to fixed quantities or some to either, with any costs, a rate and a slippage, or none. */
function randomBars(seed: string): RandomBatch {
  const random = createRandom(seed)
  const { setup, blocks } = randomBatch(seed, { symbols: 1 })
  const inUnits = [0, 1, 0.5][random.integer(3)]
  const cheap = [0, 0.5, 1][random.integer(3)]
  const portfolios = setup.portfolios.map((portfolio): BatchPortfolio => {
    const { config } = portfolio
    const size = config.sizing.kind === 'exposure' ? Math.min(1, config.sizing.size) : 1
    const slippage = random.integer(4)
    const costs = random.uniform() < cheap ? { ...NO_COSTS, feeBps: 3 * random.integer(3), entrySlippageBps: slippage, exitSlippageBps: slippage } : config.costs
    const plain = { ...config, costs: random.uniform() < cheap / 2 ? NO_COSTS : costs, trading: 'rebalance', schedule: { everyBars: 1 } } as const
    if (random.uniform() >= inUnits) return { ...portfolio, config: { ...plain, sizing: { kind: 'exposure', size } } }
    const quantity = [3, 40.5, 400, 9_000][random.integer(4)]
    return { ...portfolio, pattern: -1, config: { ...plain, riskPattern: null, limits: { cap: null, gross: null }, sizing: { kind: 'fixedQuantity', quantity } } }
  })
  return { setup: { ...setup, portfolios }, blocks }
}

/** One symbol with gaps, splits, dividends and a delisting, under rules that need no longer cells. */
function randomActions(seed: string): RandomBatch {
  return randomMarket(seed, { symbols: 1, isShort: true })
}

/** Rules whose portfolios' fills are counted, so that a run shows that each was drawn. */
const COUNTED_RULES: Readonly<Record<string, (config: PortfolioConfig) => boolean>> = {
  allIn: ({ sizing }) => sizing.kind === 'allIn',
  fixedQuantity: ({ sizing }) => sizing.kind === 'fixedQuantity',
  reject: ({ execution }) => execution.buyingPower === 'reject',
  participation: ({ execution }) => execution.participation !== null,
  'last-open': ({ end }) => end === 'last-open',
  'last-close': ({ end }) => end === 'last-close',
  'starting positions': ({ positions }) => Object.keys(positions).length > 0,
  hold: ({ trading }) => trading === 'hold',
  exits: ({ exits }) => exits.stopLoss !== null || exits.takeProfit !== null || exits.trailingStop !== null,
}

interface Compared {
  readonly seen: Performance
  readonly portfolios: number
  readonly fillsByRule: Readonly<Record<string, number>>
}

/** Runs batches through both kernels and compares every figure after every block; gives the sums of what happened. */
function compareAll(cases: number, make: (seed: string) => RandomBatch): Compared {
  const fillsByRule: Record<string, number> = Object.fromEntries(Object.keys(COUNTED_RULES).map((rule) => [rule, 0]))
  const seen = Object.fromEntries(PERFORMANCE_FIELDS.map((field) => [field, 0])) as Performance
  let portfolios = 0
  for (let i = 0; i < cases; i++) {
    const { setup, blocks } = make(`${SEED}/${i}`)
    const reference = createReferenceKernel(setup)
    const simd = createVectorKernel(modules, setup)
    for (const block of blocks) {
      reference.run(block)
      simd.run(block)
      for (let p = 0; p < setup.portfolios.length; p++) {
        const found = differences(figures(simd, p), figures(reference, p))
        expect(found, `case ${SEED}/${i}, portfolio ${p} after row ${block.market.firstRow + block.market.rows - 1}`).toEqual([])
      }
    }
    for (let p = 0; p < setup.portfolios.length; p++) {
      const performance = simd.performance(p)
      for (const field of PERFORMANCE_FIELDS) seen[field] += performance[field]
      for (const [rule, has] of Object.entries(COUNTED_RULES)) if (has(setup.portfolios[p].config)) fillsByRule[rule] += performance.fills
    }
    portfolios += setup.portfolios.length
    simd.release()
  }
  return { seen, portfolios, fillsByRule }
}

function tell(what: string, cases: number, { seen, portfolios }: Compared): void {
  const counts = ['orders', 'fills', 'cancellations', 'trades', 'cappedCount', 'vetoedCount', 'grossLimitedBars', 'drawdownStops', 'ended'] as const
  console.log(`SIMD = reference, ${what}: ${cases} batches, ${portfolios} portfolios, ${counts.map((field) => `${seen[field]} ${field}`).join(', ')}; seed ${SEED}`)
  for (const field of counts) expect(seen[field], `${field} never happened`).toBeGreaterThan(0)
}

describe('the SIMD kernel is the reference kernel bit for bit', () => {
  it('on complete markets, with any number of symbols, portfolios and rows in a block', () => {
    tell('complete markets', 150, compareAll(150, (seed) => randomBatch(seed)))
  })

  it('on markets with gaps, corporate actions, sessions and spreads, under every rule it has', () => {
    const compared = compareAll(250, randomMarket)
    tell('every rule', 250, compared)
    const counts = Object.entries(compared.fillsByRule)
    console.log(`fills by rule: ${counts.map(([rule, fills]) => `${fills} ${rule}`).join(', ')}`)
    for (const [rule, fills] of counts) expect(fills, `${rule} filled too little`).toBeGreaterThan(500)
  })

  it('with exits and holding times between simple decisions', () => {
    const { seen, portfolios } = compareAll(300, randomTimes)
    console.log(`SIMD = reference, exits and times: ${portfolios} portfolios, ${seen.fills} fills, ${seen.trades} trades, ${seen.cancellations} cancellations; seed ${SEED}`)
    expect(Math.min(seen.fills, seen.trades)).toBeGreaterThan(5_000)
  })

  it('on one symbol, in every bar', () => {
    const { seen, fillsByRule } = compareAll(300, randomBars)
    console.log(`SIMD = reference, in every bar: ${seen.fills} fills in ${seen.bars} bars, ${fillsByRule.fixedQuantity} by fixed quantity, ${seen.cancellations} cancellations, ${seen.drawdownStops} stops, ${seen.ended} ended; seed ${SEED}`)
    expect(Math.min(fillsByRule.fixedQuantity, seen.fills - fillsByRule.fixedQuantity)).toBeGreaterThan(2_000)
    expect(Math.min(seen.cancellations, seen.drawdownStops, seen.ended)).toBeGreaterThan(10)
  })

  it('on one symbol with gaps and corporate actions', () => {
    const { seen, portfolios } = compareAll(300, randomActions)
    console.log(`SIMD = reference, one symbol with gaps and corporate actions: ${portfolios} portfolios, ${seen.fills} fills, ${seen.cancellations} cancellations; seed ${SEED}`)
    expect(seen.fills).toBeGreaterThan(2_000)
    expect(seen.cancellations).toBeGreaterThan(50)
  })

  it('with exits and holding times on one symbol', () => {
    const { seen, portfolios } = compareAll(400, (seed) => randomTimes(seed, { symbols: 1 }))
    console.log(`SIMD = reference, exits and times of one symbol: ${portfolios} portfolios, ${seen.fills} fills, ${seen.trades} trades, ${seen.cancellations} cancellations; seed ${SEED}`)
    expect(Math.min(seen.fills, seen.trades)).toBeGreaterThan(2_000)
  })

  it('with exits and holding times on more symbols than a word has bits for', () => {
    const { seen, portfolios } = compareAll(40, (seed) => randomTimes(seed, { symbols: 31 + createRandom(seed).integer(40) }))
    console.log(`SIMD = reference, exits and times of many symbols: ${portfolios} portfolios, ${seen.fills} fills, ${seen.trades} trades, ${seen.cancellations} cancellations; seed ${SEED}`)
    expect(Math.min(seen.fills, seen.trades)).toBeGreaterThan(2_000)
  })

  it('on so many symbols that pairs go through a block one after the other', () => {
    const { seen, portfolios } = compareAll(30, (seed) => randomBatch(seed, { symbols: 100 + createRandom(seed).integer(60) }))
    console.log(`SIMD = reference, pair after pair: ${portfolios} portfolios, ${seen.fills} fills, ${seen.trades} trades; seed ${SEED}`)
    expect(Math.min(seen.fills, seen.trades)).toBeGreaterThan(2_000)
  })

  it('on one symbol, between events', () => {
    const compared = compareAll(150, (seed) => randomBatch(seed, { symbols: 1, isOfEvents: true }))
    console.log(`SIMD = reference, between events: ${compared.portfolios} portfolios, ${compared.seen.fills} fills in ${compared.seen.bars} bars, ${compared.seen.ended} ended; seed ${SEED}`)
    expect(compared.seen.fills).toBeGreaterThan(1_000)
    expect(compared.seen.ended).toBeGreaterThan(0)
  })

  it('long after portfolios have ended', () => {
    const { seen, portfolios } = compareAll(150, (seed) => {
      const { setup, blocks } = randomBatch(seed)
      const reckless = setup.portfolios.map((portfolio): BatchPortfolio => ({
        ...portfolio, pattern: -1,
        config: { ...portfolio.config, riskPattern: null, leverage: 40, sizing: { kind: 'exposure', size: 40 }, limits: { cap: null, gross: null }, drawdownStop: null, longOnly: false },
      }))
      return { setup: { ...setup, portfolios: reckless }, blocks: blocks.flatMap((block) => [cutBlock(block, 0, 1), cutBlock(block, 1, block.market.rows)].filter(({ market }) => market.rows > 0)) }
    })
    console.log(`SIMD = reference, after the end: ${seen.ended} of ${portfolios} portfolios ended; seed ${SEED}`)
    expect(seen.ended).toBeGreaterThan(200)
  })

  it('long after portfolios have been stopped for ever, or have ended beside one that pays interest', () => {
    const { seen, portfolios } = compareAll(150, (seed) => {
      const { setup, blocks } = [randomBatch, randomTimes, randomBars][createRandom(seed).integer(3)](seed)
      const stopped = setup.portfolios.map((portfolio, p): BatchPortfolio => ({
        ...portfolio,
        config: {
          ...portfolio.config, drawdownStop: { limit: 0.001, resumeAfterBars: p % 5 === 4 ? 3 : null },
          costs: { ...portfolio.config.costs, borrowRate: p % 3 === 0 ? 0.02 : 0, loanRate: 0, cashRate: p % 4 === 0 ? 0.01 : 0 },
        },
      }))
      return { setup: { ...setup, portfolios: stopped }, blocks: blocks.flatMap((block) => [cutBlock(block, 0, 1), cutBlock(block, 1, block.market.rows)].filter(({ market }) => market.rows > 0)) }
    })
    console.log(`SIMD = reference, after the stop: ${seen.drawdownStops} stops of ${portfolios} portfolios; seed ${SEED}`)
    expect(seen.drawdownStops).toBeGreaterThan(200)
  })

  it('where a reduction waits for a bar while others increase: buying power is used for longer', () => {
    compareAll(1, () => randomMarket('s2/44'))
  })

  it('whoever shares a portfolio\'s pair and batch', () => {
    const { setup, blocks } = randomBatch('company')
    const together = createVectorKernel(modules, setup)
    blocks.forEach((block) => together.run(block))
    setup.portfolios.forEach((portfolio, p) => {
      const alone = createVectorKernel(modules, { ...setup, portfolios: [portfolio] })
      blocks.forEach((block) => alone.run(block))
      expect(differences(figures(alone, 0), figures(together, p))).toEqual([])
      alone.release()
      expect(() => alone.performance(0)).toThrow('released')
    })
  })
})

describe('a batch of every size', () => {
  it('has what the reference has, remainders of pairs and of groups of pairs included', () => {
    const most = 37
    for (const [what, make] of [['complete markets', randomBatch], ['every rule', randomMarket], ['exits and times', randomTimes], ['one symbol, in every bar', randomBars]] as const) {
      const { setup, blocks } = make(`${SEED}/sizes`)
      const portfolios = Array.from({ length: most }, (_, i): BatchPortfolio => {
        const { config, ...rest } = setup.portfolios[i % setup.portfolios.length]
        return { ...rest, config: { ...config, id: `p${i}`, limits: { cap: 0.02 + i / 100, gross: null }, threshold: i / 1_000 } }
      })
      const reference = createReferenceKernel({ ...setup, portfolios })
      blocks.forEach((block) => reference.run(block))
      for (let size = 1; size <= most; size++) {
        const sweep = createSweepKernel(modules, { ...setup, portfolios: portfolios.slice(0, size) })
        blocks.forEach((block) => sweep.run(block))
        const wrong = portfolios.slice(0, size).filter((_, p) => differences({ ...sweep.performance(p) }, { ...reference.performance(p) }).length > 0)
        expect(wrong.map(({ config }) => config.id), `${what}, ${size} portfolios`).toEqual([])
        sweep.release()
      }
      const fills = portfolios.reduce((sum, _, p) => sum + reference.performance(p).fills, 0)
      expect(fills, `${what}: nothing filled`).toBeGreaterThan(100)
      console.log(`SIMD = reference, batches of 1 to ${most}, ${what}: ${fills} fills in the largest; seed ${SEED}`)
    }
  })
})

/** A record as text, every bit of it: NaN is NaN, and −0 is not 0. */
function textOf(record: object): string {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name} ${Object.is(value, -0) ? '-0' : value}`).join(', ')
}

/** Compares everything both kernels tell a recorder, portfolio by portfolio in the order it happened. */
function compareLedgers(cases: number, make: (seed: string) => RandomBatch, run: (setup: KernelSetup, recorder: Recorder) => Pick<Kernel, 'run'>): Record<string, number> {
  const seen: Record<string, number> = { orders: 0, fills: 0, cancellations: 0, equity: 0 }
  const outcomes = new Set<string>()
  const kinds = new Set<string>()
  for (let i = 0; i < cases; i++) {
    const { setup, blocks } = make(`${SEED}/recorded/${i}`)
    const [mine, theirs] = [createLedger(), createLedger()]
    // Where marks are not told, some rows are gone through in another way.
    const heard = ({ order, fill, cancellation, equity }: Recorder): Recorder => ({ order, fill, cancellation, ...(i % 2 === 0 ? { equity } : {}) })
    const [simd, reference] = [run(setup, heard(mine.recorder)), createReferenceKernel(setup, heard(theirs.recorder))]
    for (const block of blocks) {
      simd.run(block)
      reference.run(block)
    }
    const expected = sortLedger(theirs.ledger)
    for (const [name, records] of Object.entries(sortLedger(mine.ledger))) {
      expect((records as object[]).map(textOf), `${SEED}/recorded/${i}, ${name}`).toEqual(expected[name as keyof Ledger].map(textOf))
      seen[name] += records.length
    }
    for (const { outcome } of expected.cancellations) outcomes.add(outcome)
    for (const { kind } of expected.orders) kinds.add(kind)
  }
  expect([...kinds].toSorted()).toEqual([...ORDER_KINDS].toSorted())
  expect([...outcomes].toSorted()).toEqual(ORDER_OUTCOMES.filter((outcome) => outcome !== 'filled' && outcome !== 'waiting').toSorted())
  return seen
}

describe('what it tells a recorder is what the reference kernel tells, order by order', () => {
  const makers = [(seed: string) => randomBatch(seed), randomMarket, randomTimes, randomBars, randomActions]
  const drawn = (seed: string): RandomBatch => makers[createRandom(`${seed}/maker`).integer(makers.length)](seed)

  it('by itself', () => {
    const seen = compareLedgers(500, drawn, (setup, recorder) => createVectorKernel(modules, setup, new JournalReader(setup, recorder)))
    console.log(`recorded by both kernels: ${Object.entries(seen).map(([name, count]) => `${count} ${name}`).join(', ')}; seed ${SEED}`)
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(2_000)
  })

  it('as a part of a sweep', () => {
    const { setup, blocks } = randomMarket(`${SEED}/3`)
    const portfolios = setup.portfolios.flatMap((portfolio, p) => [
      portfolio, { ...portfolio, config: { ...portfolio.config, id: `close${p}`, execution: { ...portfolio.config.execution, profile: 'next-close' as const } } },
    ])
    const mixed = { ...setup, portfolios }
    const [mine, theirs] = [createLedger(), createLedger()]
    const [sweep, reference] = [createSweepKernel(modules, mixed, mine.recorder), createReferenceKernel(mixed, theirs.recorder)]
    for (const block of blocks) {
      sweep.run(block)
      reference.run(block)
    }
    for (const name of ['orders', 'fills', 'cancellations', 'equity'] as const) {
      expect(sortLedger(mine.ledger)[name].map(textOf)).toEqual(sortLedger(theirs.ledger)[name].map(textOf))
    }
    expect(theirs.ledger.fills.length).toBeGreaterThan(0)
  })

  it('without the marks, where nobody asks for them', () => {
    const { setup, blocks } = randomBatch(`${SEED}/events`, { symbols: 1, isOfEvents: true })
    const [mine, theirs] = [createLedger(), createLedger()]
    const { equity: _, ...recorder } = mine.recorder
    const [simd, reference] = [createVectorKernel(modules, setup, new JournalReader(setup, recorder)), createReferenceKernel(setup, theirs.recorder)]
    for (const block of blocks) {
      simd.run(block)
      reference.run(block)
    }
    for (const name of ['orders', 'fills', 'cancellations'] as const) {
      expect(sortLedger(mine.ledger)[name].map(textOf)).toEqual(sortLedger(theirs.ledger)[name].map(textOf))
    }
    expect(mine.ledger.equity).toEqual([])
    expect(theirs.ledger.fills.length).toBeGreaterThan(0)
  })
})

describe('a batch that outgrows its memory while it is placed', () => {
  it('loses no portfolio\'s rules', () => {
    const { setup, blocks } = randomBatch(`${SEED}/7`)
    const portfolios = Array.from({ length: 1_400 }, (_, i) => ({
      ...setup.portfolios[i % setup.portfolios.length], config: { ...setup.portfolios[i % setup.portfolios.length].config, id: `p${i}`, limits: { cap: 0.02 + i / 4_000, gross: null } },
    }))
    const large = { ...setup, portfolios }
    // A memory that no batch has made larger before.
    const [simd, reference] = [createVectorKernel(kernelModulesIn(folder), large), createReferenceKernel(large)]
    for (const block of blocks) {
      simd.run(block)
      reference.run(block)
    }
    const wrong = portfolios.filter((_, p) => differences({ ...simd.performance(p) }, { ...reference.performance(p) }).length > 0)
    expect(wrong.map(({ config }) => config.id)).toEqual([])
    expect(portfolios.some((_, p) => reference.performance(p).fills > 0)).toBe(true)
  })
})

describe('a sweep', () => {
  it('mixes both kernels as each portfolio needs, and gives what the reference gives', () => {
    let vector = 0
    let other = 0
    for (let i = 0; i < 60; i++) {
      const { setup, blocks } = randomMarket(`${SEED}/mixed/${i}`)
      const random = createRandom(`${SEED}/mixed/${i}`)
      const portfolios = setup.portfolios.map((portfolio) =>
        random.uniform() < 0.5 ? portfolio : { ...portfolio, config: { ...portfolio.config, cooldownBars: 2, execution: { ...portfolio.config.execution, profile: 'next-close' as const } } })
      const mixed = { ...setup, portfolios }
      const [sweep, reference] = [createSweepKernel(modules, mixed), createReferenceKernel(mixed)]
      for (const block of blocks) {
        sweep.run(block)
        reference.run(block)
      }
      portfolios.forEach(({ config }, p) => {
        if (whyNotVector(config) === null) vector++
        else other++
        expect(differences(sweep.performance(p), reference.performance(p)), `${SEED}/mixed/${i}, portfolio ${p}`).toEqual([])
      })
    }
    console.log(`mixed batches: ${vector} portfolios on SIMD, ${other} on the reference; seed ${SEED}`)
    expect(Math.min(vector, other)).toBeGreaterThan(20)
  })
})

describe('what it has no rule for', () => {
  /** A batch whose first block has some rows. */
  const batch = () => ['a', 'b', 'c', 'd', 'e'].map((seed) => randomBatch(seed)).find(({ blocks }) => blocks[0].market.rows > 4)!
  const withConfig = (change: Partial<PortfolioConfig>): KernelSetup => {
    const { setup } = batch()
    return { ...setup, portfolios: [{ ...setup.portfolios[0], config: { ...setup.portfolios[0].config, ...change } }] }
  }

  it.each<[string, Partial<PortfolioConfig>]>([
    ['fills other than next-open', { execution: { profile: 'next-close', buyingPower: 'scale', participation: null } }],
    ['no cash per target', { sizing: { kind: 'fixedCash', cash: 0 } }],
  ])('is refused with its reason: %s', (reason, change) => {
    const setup = withConfig(change)
    expect(whyNotVector(setup.portfolios[0].config)).toBe(reason)
    expect(() => createVectorKernel(modules, setup)).toThrow(reason)
  })

  it('is refused in a block: bars that overlap', () => {
    const { setup, blocks } = batch()
    const block: KernelBlock = blocks[0]
    block.market.openTimes[1] = 0
    expect(() => createVectorKernel(modules, setup).run(block)).toThrow('open before the one before')
  })
})
