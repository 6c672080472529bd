import { createRandom } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'
import type { Costs } from '../../src/domain/costs.ts'
import { ALLOCATIONS, EXECUTION_PROFILES, OPPOSITE_POLICIES } from '../../src/domain/portfolio.ts'
import type { Exits, Schedule, Sizing } from '../../src/domain/portfolio.ts'
import { BACKTESTING_PY, EMPYRICAL } from '../../src/domain/profile.ts'
import { COMBINE_METHODS } from '../../src/domain/signal.ts'
import type { Bar, ConfigChange, PatternTable, Scene, SymbolTable } from './market-fixture.ts'

const SIGNALS = 4

/** Number of cases the property tests run, and their seed: `MILLRACE_SEED` replays one. */
export const SEED = process.env.MILLRACE_SEED ?? '20240229'

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.integer(values.length)]
}

function chance(random: Random, probability: number): boolean {
  return random.uniform() < probability
}

/**
 * A market and portfolios with everything in it at random: gaps, halts, splits, dividends, delistings, NaN
 * signals, overlapping bars, and every rule of a portfolio.
 */
export function randomScene(seed: string, of: { readonly symbols?: number } = {}): Scene {
  const random = createRandom(seed)
  const rows = 25 + random.integer(40)
  // Beyond eight, whole vectors of symbols and a remainder.
  const drawn = 1 + random.integer(random.uniform() < 0.25 ? 10 : 6)
  const symbols = of.symbols ?? drawn
  const firstRow = random.integer(4)
  const names = Array.from({ length: symbols }, (_, n) => String.fromCharCode(65 + n))
  const starts = pick(random, [true, false, false])
  const market: Record<string, SymbolTable> = {}
  for (const name of names) market[name] = randomSymbol(random, { rows, firstRow, held: starts })
  return {
    market,
    firstRow,
    pattern: randomPattern(random, { rows, names }),
    portfolios: Array.from({ length: 1 + random.integer(6) }, (_, p) => randomPortfolio(random, { id: `p${p}`, names, starts })),
    profile: pick(random, [EMPYRICAL, BACKTESTING_PY, { ...EMPYRICAL, basis: 'bar', riskFreeRate: 0.02 }]),
    ...randomTimes(random, rows),
  }
}

/** Days, or several bars a session, or half-hour bars that overlap the row before. */
function randomTimes(random: Random, rows: number): Pick<Scene, 'sessionDates' | 'openHours' | 'closeHours'> {
  const perSession = pick(random, [1, 1, 3, 6])
  const overlaps = perSession === 6 && chance(random, 0.5)
  const at = Array.from({ length: rows }, (_, t) => t)
  return {
    sessionDates: at.map((t) => Math.floor(t / perSession) + Math.floor(t / (5 * perSession)) * 2),
    openHours: at.map((t) => 10 + (t % perSession) - (overlaps ? 0.5 : 0)),
    closeHours: at.map((t) => 11 + (t % perSession)),
  }
}

function randomSymbol(random: Random, of: { rows: number; firstRow: number; held: boolean }): SymbolTable {
  const bars: Bar[] = []
  const splits: Record<number, number> = {}
  const dividends: Record<number, number> = {}
  const delisting: Record<number, number> = {}
  const halts = pick(random, [0, 0.05, 0.3])
  const listedFrom = !of.held && chance(random, 0.2) ? random.integer(of.rows) : 0
  const delistedAt = chance(random, 0.25) ? 5 + random.integer(of.rows) : Infinity
  const volatility = pick(random, [0.01, 0.05, 0.15])
  let last = 20 + random.integer(100)
  for (let t = 0; t < of.rows; t++) {
    if (t === delistedAt && t > listedFrom) delisting[t] = last
    const isFirst = t === 0 && of.held
    if (t < listedFrom || t >= delistedAt) {
      bars.push(null)
      continue
    }
    if (t > 0 && chance(random, 0.04)) {
      splits[t] = pick(random, [2, 3, 1.5, 0.1, 0.5])
      last /= splits[t]
    }
    if (t > 0 && chance(random, 0.05)) dividends[t] = last * 0.01
    if (!isFirst && chance(random, halts)) {
      bars.push(null)
      continue
    }
    const open = last * Math.exp(volatility * 0.4 * random.normal())
    const close = open * Math.exp(volatility * random.normal())
    const high = Math.max(open, close) * (1 + 0.3 * volatility * random.uniform())
    const low = Math.min(open, close) * (1 - 0.3 * volatility * random.uniform())
    bars.push([open, high, low, close])
    last = close
  }
  const persistence = pick(random, [0.3, 0.9])
  const wanted = Array.from({ length: SIGNALS }, () => 0)
  const signals = Array.from({ length: SIGNALS }, (_, s) => bars.map((): number => {
    if (!chance(random, persistence)) wanted[s] = pick(random, [NaN, 0, 1, -1, 2 * random.uniform() - 1, 2 * random.uniform() - 1])
    return wanted[s]
  }))
  return {
    bars, splits, dividends, signals,
    ...(delistedAt === Infinity ? {} : { delisting }),
    ...(chance(random, 0.5) ? { halfSpread: 0.02 } : {}),
    volume: bars.map(() => pick(random, [5, 40, 300, 1e6])),
    instrument: {
      lot: pick(random, [0, 1, 0.001, 10]), multiplier: pick(random, [1, 1, 1, 5]), margin: pick(random, [null, null, 7]),
    },
  }
}

function randomPattern(random: Random, of: { rows: number; names: readonly string[] }): PatternTable {
  const series = (value: () => number): number[] => Array.from({ length: of.rows }, value)
  const table = (value: () => number): Record<string, number[]> => Object.fromEntries(of.names.map((name) => [name, series(value)]))
  return {
    scale: series(() => pick(random, [1, 1, 0.5, random.uniform(), 0])),
    gross: series(() => pick(random, [Infinity, Infinity, 1, 0.6])),
    cap: table(() => pick(random, [Infinity, Infinity, 0.4, 0.1, 0])),
    veto: table(() => pick(random, [0, 0, 0, 1])),
    weights: table(() => pick(random, [NaN, 0.2, 0.5, -0.3, 1])),
  }
}

function randomPortfolio(random: Random, of: { id: string; names: readonly string[]; starts: boolean }): ConfigChange {
  const maybe = <T>(value: T): T | null => (chance(random, 0.4) ? value : null)
  const count = 1 + random.integer(SIGNALS)
  const pattern = pick(random, [null, 'default', 'default'])
  return {
    id: of.id,
    signals: Array.from({ length: count }, (_, s) => ({ signal: `s${s}`, weight: 0.25 + random.uniform() })),
    combine: pick(random, COMBINE_METHODS),
    riskPattern: pattern,
    riskTolerance: pick(random, [0, 0.5, 1]),
    allocation: pattern === null ? pick(random, ['equal', 'active', 'signal'] as const) : pick(random, ALLOCATIONS),
    trading: pick(random, ['rebalance', 'hold'] as const),
    opposite: pick(random, OPPOSITE_POLICIES),
    schedule: pick<Schedule>(random, [{ everyBars: 1 }, { everyBars: 1 }, { everyBars: 3 }, { every: 'session' }, { every: 'week' }, { every: 'month' }]),
    sizing: pick<Sizing>(random, [
      { kind: 'exposure', size: 1 }, { kind: 'exposure', size: 1.7 }, { kind: 'fixedQuantity', quantity: 30 },
      { kind: 'fixedCash', cash: 4000 }, { kind: 'allIn', size: 1, cashBuffer: 0.01 },
    ]),
    longOnly: chance(random, 0.3),
    leverage: pick(random, [1, 1, 2]),
    limits: { cap: maybe(0.5), gross: maybe(0.9) },
    exits: randomExits(random, maybe),
    minHoldBars: pick(random, [0, 0, 3]),
    maxHoldBars: pick(random, [0, 0, 6]),
    cooldownBars: pick(random, [0, 0, 2]),
    drawdownStop: maybe({ limit: 0.1, resumeAfterBars: pick(random, [null, 4]) }),
    threshold: pick(random, [0, 0, 0.02]),
    costs: randomCosts(random),
    execution: {
      profile: pick(random, EXECUTION_PROFILES),
      buyingPower: pick(random, ['scale', 'reject'] as const),
      participation: maybe(0.3),
    },
    cash: pick(random, [1000, 10_000, 33_333.33]),
    positions: of.starts ? Object.fromEntries(of.names.map((name) => [name, pick(random, [0, 10, -20])])) : {},
    end: pick(random, ['leave', 'last-open', 'last-close'] as const),
  }
}

function randomExits(random: Random, maybe: <T>(value: T) => T | null): Exits {
  return {
    stopLoss: maybe(0.03), takeProfit: maybe(0.05), trailingStop: maybe(0.04),
    trailFrom: pick(random, ['close', 'high'] as const),
    exitsFrom: pick(random, ['entry-bar', 'next-bar'] as const),
    gapFill: pick(random, ['open', 'level'] as const),
    reentry: pick(random, ['change', 'any'] as const),
  }
}

function randomCosts(random: Random): Partial<Costs> {
  if (chance(random, 0.2)) return {}
  return {
    feeBps: pick(random, [0, 5]), feePerUnit: pick(random, [0, 0.01]), feeMinimum: pick(random, [0, 1]),
    feeOn: pick(random, ['both', 'entry'] as const),
    entrySlippageBps: pick(random, [0, 3]), exitSlippageBps: pick(random, [0, 7]), paySpread: chance(random, 0.5),
    borrowRate: pick(random, [0, 0.05]), loanRate: pick(random, [0, 0.08]), cashRate: pick(random, [0, 0.02]),
  }
}
