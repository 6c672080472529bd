import type { Instrument } from '../../src/domain/instrument.ts'
import { NO_COSTS } from '../../src/domain/costs.ts'
import type { Costs } from '../../src/domain/costs.ts'
import type { Cancellation, Fill, Order } from '../../src/domain/order.ts'
import type { Execution, Exits, PortfolioConfig } from '../../src/domain/portfolio.ts'
import { EMPYRICAL } from '../../src/domain/profile.ts'
import type { MetricProfile } from '../../src/domain/profile.ts'
import { createPatternDecisions } from '../../src/domain/risk-decision.ts'
import type { PatternDecisions } from '../../src/domain/risk-decision.ts'
import { toSignal } from '../../src/domain/signal.ts'
import type { EquityRow, Kernel, KernelBlock, KernelSetup, Recorder } from '../../src/kernel/kernel.ts'
import { createReferenceKernel } from '../../src/kernel/reference.ts'

/** One symbol's bar: [open, high, low, close], or one number for a flat bar, or null for none. */
export type Bar = readonly [number, number, number, number] | number | null

export interface SymbolTable {
  readonly bars: readonly Bar[]
  readonly volume?: number | readonly number[]
  /** By row. */
  readonly splits?: Readonly<Record<number, number>>
  readonly dividends?: Readonly<Record<number, number>>
  readonly delisting?: Readonly<Record<number, number>>
  readonly halfSpread?: number
  readonly instrument?: Partial<Instrument>
  /** One target per row, of signal 0; NaN = no opinion. */
  readonly signal?: readonly number[]
  /** Or several signals. */
  readonly signals?: readonly (readonly number[])[]
}

export interface PatternTable {
  readonly scale?: readonly number[]
  readonly gross?: readonly number[]
  /** By symbol, then row. */
  readonly cap?: Readonly<Record<string, readonly number[]>>
  readonly veto?: Readonly<Record<string, readonly number[]>>
  readonly weights?: Readonly<Record<string, readonly number[]>>
}

export type ConfigChange = Partial<Omit<PortfolioConfig, 'costs' | 'exits' | 'execution'>> & {
  readonly costs?: Partial<Costs>
  readonly exits?: Partial<Exits>
  readonly execution?: Partial<Execution>
}

export interface Scene {
  readonly market: Readonly<Record<string, SymbolTable>>
  readonly pattern?: PatternTable
  /** Defaults to one portfolio: 1,000 cash, everything on signal 0 as it is, no costs. */
  readonly portfolio?: ConfigChange
  readonly portfolios?: readonly ConfigChange[]
  readonly profile?: MetricProfile
  readonly firstRow?: number
  readonly lastRow?: number
  /** Days since 1970-01-01 of each row; default consecutive from Thursday 1970-01-01. */
  readonly sessionDates?: readonly number[]
  /** Hours after the row's session midnight; default opens at 14 and closes at 20. */
  readonly openHours?: readonly number[]
  readonly closeHours?: readonly number[]
}

const HOUR_MS = 3_600_000

export const NO_EXITS: Exits = {
  stopLoss: null, takeProfit: null, trailingStop: null, trailFrom: 'close',
  exitsFrom: 'entry-bar', gapFill: 'open', reentry: 'change',
}

export function makeConfig(change: ConfigChange = {}): PortfolioConfig {
  return {
    id: 'p', containerId: 'c', signals: [{ signal: 's0', weight: 1 }], combine: 'mean', riskPattern: null,
    riskTolerance: 0, allocation: 'signal', trading: 'rebalance', opposite: 'reverse', schedule: { everyBars: 1 },
    sizing: { kind: 'exposure', size: 1 }, longOnly: false, leverage: 1, limits: { cap: null, gross: null },
    minHoldBars: 0, maxHoldBars: 0, cooldownBars: 0, drawdownStop: null, threshold: 0,
    cash: 1000, positions: {}, end: 'leave',
    ...change,
    costs: { ...NO_COSTS, ...change.costs },
    exits: { ...NO_EXITS, ...change.exits },
    execution: { profile: 'next-open', buyingPower: 'scale', participation: null, ...change.execution },
  }
}

function barOf(bar: Bar): readonly [number, number, number, number] {
  if (bar === null) return [NaN, NaN, NaN, NaN]
  return typeof bar === 'number' ? [bar, bar, bar, bar] : bar
}

function panel(tables: readonly SymbolTable[], value: (table: SymbolTable, t: number) => number): Float64Array {
  const rows = tables[0].bars.length
  const out = new Float64Array(rows * tables.length)
  for (let t = 0; t < rows; t++) tables.forEach((table, n) => (out[t * tables.length + n] = value(table, t)))
  return out
}

export function makeBlock(scene: Scene): KernelBlock {
  const names = Object.keys(scene.market)
  const tables = names.map((name) => scene.market[name])
  const rows = tables[0].bars.length
  const dates = scene.sessionDates ?? Array.from({ length: rows }, (_, t) => t)
  const time = (t: number, hour: number): number => (dates[t] * 24 + hour) * HOUR_MS
  const signals = tables.map((table) => table.signals ?? [table.signal ?? Array.from({ length: rows }, () => NaN)])
  const signalCount = Math.max(...signals.map((list) => list.length))
  const signalRows = new Float32Array(rows * signalCount * tables.length)
  for (let t = 0; t < rows; t++) {
    for (let s = 0; s < signalCount; s++) {
      signals.forEach((list, n) => (signalRows[(s * rows + t) * tables.length + n] = toSignal(list[s]?.[t] ?? NaN)))
    }
  }
  const has = (key: keyof SymbolTable): boolean => tables.some((table) => table[key] !== undefined)
  return {
    market: {
      firstRow: 0, rows,
      closeTimes: Float64Array.from(dates, (_, t) => time(t, scene.closeHours?.[t] ?? 20)),
      openTimes: Float64Array.from(dates, (_, t) => time(t, scene.openHours?.[t] ?? 14)),
      sessionDates: Int32Array.from(dates),
      open: panel(tables, (table, t) => barOf(table.bars[t])[0]),
      high: panel(tables, (table, t) => barOf(table.bars[t])[1]),
      low: panel(tables, (table, t) => barOf(table.bars[t])[2]),
      close: panel(tables, (table, t) => barOf(table.bars[t])[3]),
      volume: panel(tables, ({ volume = 1e9 }, t) => (typeof volume === 'number' ? volume : volume[t])),
      split: panel(tables, (table, t) => table.splits?.[t] ?? 1),
      dividend: panel(tables, (table, t) => table.dividends?.[t] ?? 0),
      halfSpread: has('halfSpread') ? panel(tables, (table) => table.halfSpread ?? 0) : null,
      delisting: has('delisting') ? panel(tables, (table, t) => table.delisting?.[t] ?? NaN) : null,
    },
    signals: signalRows,
    signalCount,
    patterns: scene.pattern === undefined ? [] : [makePattern(scene.pattern, { names, rows })],
  }
}

function makePattern(table: PatternTable, of: { names: readonly string[]; rows: number }): PatternDecisions {
  const symbols = of.names.length
  const decisions = createPatternDecisions({ rows: of.rows, symbols, hasWeights: table.weights !== undefined })
  if (table.scale !== undefined) decisions.scale.set(table.scale)
  if (table.gross !== undefined) decisions.gross.set(table.gross)
  of.names.forEach((name, n) => {
    for (let t = 0; t < of.rows; t++) {
      const at = t * symbols + n
      if (table.cap?.[name] !== undefined) decisions.cap[at] = table.cap[name][t]
      if (table.veto?.[name] !== undefined) decisions.veto[at] = table.veto[name][t]
      if (decisions.weights !== null) decisions.weights[at] = table.weights?.[name]?.[t] ?? NaN
    }
  })
  return decisions
}

export function makeSetup(scene: Scene): KernelSetup {
  const names = Object.keys(scene.market)
  const rows = scene.market[names[0]].bars.length
  const instruments = names.map((symbol): Instrument => ({
    symbol, quoteCurrency: 'USD', lot: 0, multiplier: 1, margin: null, ...scene.market[symbol].instrument,
  }))
  const changes = scene.portfolios ?? [scene.portfolio ?? {}]
  return {
    instruments,
    portfolios: changes.map((change) => {
      const config = makeConfig({ riskPattern: scene.pattern === undefined ? null : 'default', ...change })
      const signals = Int32Array.from(config.signals, ({ signal }) => Number(signal.slice(1)))
      return { config, signals, pattern: config.riskPattern === null ? -1 : 0 }
    }),
    profile: scene.profile ?? { ...EMPYRICAL, basis: 'bar' },
    firstRow: scene.firstRow ?? 0,
    lastRow: scene.lastRow ?? rows - 1,
  }
}

/** Everything a kernel told while it ran. */
export interface Ledger {
  readonly orders: Order[]
  readonly fills: Fill[]
  readonly cancellations: Cancellation[]
  readonly equity: EquityRow[]
}

export function createLedger(): { ledger: Ledger; recorder: Recorder } {
  const ledger: Ledger = { orders: [], fills: [], cancellations: [], equity: [] }
  const recorder: Recorder = {
    order: (order) => ledger.orders.push({ ...order }),
    fill: (fill) => ledger.fills.push({ ...fill }),
    cancellation: (cancellation) => ledger.cancellations.push({ ...cancellation }),
    equity: (row) => ledger.equity.push({ ...row }),
  }
  return { ledger, recorder }
}

export interface Played extends Ledger {
  readonly kernel: Kernel
  /** `t:symbol:quantity@price` of every fill, short to compare. */
  readonly booked: readonly string[]
  readonly equities: readonly number[]
}

function short(value: number): number {
  return Number(value.toPrecision(12))
}

/** Runs a scene through the fused loop. */
export function play(scene: Scene): Played {
  const { ledger, recorder } = createLedger()
  const setup = makeSetup(scene)
  const kernel = createReferenceKernel(setup, recorder)
  kernel.run(makeBlock(scene))
  const name = (n: number): string => setup.instruments[n].symbol
  return {
    ...ledger,
    kernel,
    booked: ledger.fills.map((fill) => `${fill.t} ${name(fill.symbol)} ${short(fill.quantity)} @ ${short(fill.price)}`),
    equities: ledger.equity.map(({ equity }) => short(equity)),
  }
}
