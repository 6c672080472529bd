import { MillraceError } from '../base/errors.ts'
import type { Instrument } from '../domain/instrument.ts'
import type { Allocation, OppositePolicy, PortfolioConfig, Schedule } from '../domain/portfolio.ts'
import type { CombineMethod } from '../domain/signal.ts'
import type { BatchPortfolio } from './kernel.ts'

const fround = Math.fround

/** Bits of a row that begins a session, a week or a month; also the mask of a schedule. */
export const STARTS_SESSION = 1
export const STARTS_WEEK = 2
export const STARTS_MONTH = 4

/**
 * A portfolio's configuration as numbers, made once: rates as fractions, absent limits as Infinity, what
 * phase 1 reads rounded to float32. A rule that is off costs one test of one field.
 */
export interface PortfolioRules {
  readonly id: string
  readonly signals: Int32Array
  readonly signalWeights: Float32Array
  readonly pattern: number
  readonly combine: CombineMethod
  /** 1 − risk tolerance, float32. */
  readonly obedience: number
  readonly allocation: Allocation
  readonly longOnly: boolean
  /** Own limits, float32. */
  readonly cap: number
  readonly gross: number

  readonly hold: boolean
  readonly opposite: OppositePolicy
  /** Rows between two decisions; 0 = `startMask` decides. */
  readonly everyBars: number
  readonly startMask: number
  readonly sizing: 'exposure' | 'fixedQuantity' | 'fixedCash' | 'allIn'
  readonly size: number
  readonly cashPerTarget: number
  /** Units per full target, by symbol; empty unless `fixedQuantity`. */
  readonly unitsPerTarget: Float64Array
  /** 1 − cash buffer. */
  readonly investedShare: number
  readonly threshold: number
  readonly minHoldBars: number
  readonly maxHoldBars: number
  readonly cooldownBars: number
  /** Whether re-entry, cooldown or a least or most holding time can act at all. */
  readonly hasTiming: boolean

  readonly leverage: number
  readonly rejects: boolean
  /** Share of a bar's volume; Infinity = no limit. */
  readonly participation: number
  readonly entrySlippage: number
  readonly exitSlippage: number
  readonly paySpread: boolean
  readonly feeRate: number
  readonly feePerUnit: number
  readonly feeMinimum: number
  readonly feeOnEntryOnly: boolean
  readonly hasFees: boolean
  readonly hasCarry: boolean
  readonly borrowRate: number
  readonly loanRate: number
  readonly cashRate: number

  readonly hasExits: boolean
  /** Fractions of the price; Infinity = off. */
  readonly stopLoss: number
  readonly takeProfit: number
  readonly trailingStop: number
  readonly trailFromHigh: boolean
  readonly watchesEntryBar: boolean
  readonly gapFillsAtOpen: boolean
  readonly reentryNeedsChange: boolean
  readonly drawdownLimit: number
  /** Rows that a stop lasts: 0 without one. */
  readonly resumeAfterBars: number

  /** `next-open`: everything fills at an open; otherwise decided orders fill at a close. */
  readonly fillsAtOpen: boolean
  readonly sameClose: boolean
  readonly end: PortfolioConfig['end']
  readonly cash: number
  /** Starting units by symbol. */
  readonly positions: Float64Array
}

const BASIS_POINT = 10_000
/** Fraction of equity. With fractional lots, rounding alone puts a position off its target by some 1e-16 of it. */
const LEAST_THRESHOLD = 1e-12

/** What the portfolios of a batch are resolved with: its universe, and arrays that neighbours mostly agree on. Nobody writes them. */
interface Shared {
  readonly instruments: readonly Instrument[]
  /** Of the latest portfolio: a batch's neighbours share their subscriptions, and so what is made of them. */
  subscribed: PortfolioConfig['signals']
  weights: Float32Array
  /** One number of units for every symbol: 0, and the latest other one. */
  readonly none: Float64Array
  alike: Float64Array
}

/**
 * Makes what resolves the portfolios of a batch, one after the other, for a universe. It throws CONFIG_VALUE when a starting
 * position or a fixed quantity names a symbol that is not traded, or a traded symbol has no fixed quantity.
 */
export function createResolver(instruments: readonly Instrument[]): (portfolio: BatchPortfolio) => PortfolioRules {
  const none = new Float64Array(instruments.length)
  const shared: Shared = { instruments, subscribed: [], weights: NO_WEIGHTS, none, alike: none }
  return (portfolio) => resolveRules(portfolio, shared)
}

function resolveRules(portfolio: BatchPortfolio, shared: Shared): PortfolioRules {
  const { config, signals, pattern } = portfolio
  const { sizing, costs, execution, exits, drawdownStop } = config
  const exiting = hasExits(config)
  return {
    id: config.id,
    signals,
    signalWeights: weightsOf(config.signals, shared),
    pattern,
    combine: config.combine,
    obedience: fround(1 - fround(config.riskTolerance)),
    allocation: config.allocation,
    longOnly: config.longOnly,
    cap: fround(config.limits.cap ?? Infinity),
    gross: fround(config.limits.gross ?? Infinity),

    hold: config.trading === 'hold',
    opposite: config.opposite,
    everyBars: 'everyBars' in config.schedule ? config.schedule.everyBars : 0,
    startMask: 'everyBars' in config.schedule ? 0 : START_MASKS[config.schedule.every],
    sizing: sizing.kind,
    size: sizing.kind === 'exposure' || sizing.kind === 'allIn' ? sizing.size : 1,
    cashPerTarget: sizing.kind === 'fixedCash' ? sizing.cash : 0,
    unitsPerTarget: sizing.kind === 'fixedQuantity' ? unitsPerTarget(config, sizing.quantity, shared) : NO_UNITS,
    investedShare: sizing.kind === 'allIn' ? 1 - sizing.cashBuffer : 1,
    threshold: Math.max(config.threshold, LEAST_THRESHOLD),
    minHoldBars: config.minHoldBars,
    maxHoldBars: config.maxHoldBars > 0 ? config.maxHoldBars : Infinity,
    cooldownBars: config.cooldownBars,
    hasTiming: (exiting && exits.reentry === 'change') || config.minHoldBars > 0 || config.maxHoldBars > 0 || config.cooldownBars > 0,

    leverage: config.leverage,
    rejects: execution.buyingPower === 'reject',
    participation: execution.participation ?? Infinity,
    entrySlippage: costs.entrySlippageBps / BASIS_POINT,
    exitSlippage: costs.exitSlippageBps / BASIS_POINT,
    paySpread: costs.paySpread,
    feeRate: costs.feeBps / BASIS_POINT,
    feePerUnit: costs.feePerUnit,
    feeMinimum: costs.feeMinimum,
    feeOnEntryOnly: costs.feeOn === 'entry',
    hasFees: costs.feeBps !== 0 || costs.feePerUnit !== 0 || costs.feeMinimum !== 0,
    hasCarry: costs.borrowRate !== 0 || costs.loanRate !== 0 || costs.cashRate !== 0,
    borrowRate: costs.borrowRate,
    loanRate: costs.loanRate,
    cashRate: costs.cashRate,

    hasExits: exiting,
    stopLoss: exits.stopLoss ?? Infinity,
    takeProfit: exits.takeProfit ?? Infinity,
    trailingStop: exits.trailingStop ?? Infinity,
    trailFromHigh: exits.trailFrom === 'high',
    watchesEntryBar: exits.exitsFrom === 'entry-bar',
    gapFillsAtOpen: exits.gapFill === 'open',
    reentryNeedsChange: exits.reentry === 'change',
    drawdownLimit: drawdownStop?.limit ?? Infinity,
    resumeAfterBars: drawdownStop === null ? 0 : drawdownStop.resumeAfterBars ?? Infinity,

    fillsAtOpen: execution.profile === 'next-open',
    sameClose: execution.profile === 'same-close',
    end: config.end,
    cash: config.cash,
    positions: bySymbol(config, 'positions', config.positions, shared),
  }
}

function weightsOf(signals: PortfolioConfig['signals'], shared: Shared): Float32Array {
  if (shared.subscribed !== signals) {
    shared.subscribed = signals
    shared.weights = Float32Array.from(signals, ({ weight }) => weight)
  }
  return shared.weights
}

function hasExits({ exits }: PortfolioConfig): boolean {
  return exits.stopLoss !== null || exits.takeProfit !== null || exits.trailingStop !== null
}

const NO_UNITS = new Float64Array(0)
const NO_WEIGHTS = new Float32Array(0)

function allOf(units: number, shared: Shared): Float64Array {
  if (units === 0) return shared.none
  if (shared.alike[0] !== units) shared.alike = new Float64Array(shared.none.length).fill(units)
  return shared.alike
}

const START_MASKS: Readonly<Record<Extract<Schedule, { every: string }>['every'], number>> = {
  session: STARTS_SESSION, week: STARTS_WEEK, month: STARTS_MONTH,
}

function unitsPerTarget(
  config: PortfolioConfig,
  quantity: number | Readonly<Record<string, number>>,
  shared: Shared,
): Float64Array {
  if (typeof quantity === 'number') return allOf(quantity, shared)
  const missing = shared.instruments.find(({ symbol }) => quantity[symbol] === undefined)
  if (missing !== undefined) {
    throw new MillraceError({
      code: 'CONFIG_VALUE',
      message: `portfolio ${config.id} sizes by fixed quantity but has none for ${missing.symbol}`,
      where: `${config.id}.sizing.quantity`,
      value: quantity,
      hint: `add "${missing.symbol}: <units>", or one number for all symbols`,
    })
  }
  return bySymbol(config, 'sizing.quantity', quantity, shared)
}

function bySymbol(
  config: PortfolioConfig,
  field: string,
  units: Readonly<Record<string, number>>,
  shared: Shared,
): Float64Array {
  const { instruments } = shared
  const named = Object.keys(units)
  if (named.length === 0) return allOf(0, shared)
  const unknown = named.find((symbol) => !instruments.some((instrument) => instrument.symbol === symbol))
  if (unknown !== undefined) {
    throw new MillraceError({
      code: 'CONFIG_VALUE',
      message: `portfolio ${config.id} names ${unknown}, which is not in the universe`,
      where: `${config.id}.${field}`,
      value: unknown,
      hint: `the universe is ${instruments.map(({ symbol }) => symbol).join(', ')}`,
    })
  }
  const bySymbols = new Float64Array(instruments.length)
  for (let n = 0; n < instruments.length; n++) bySymbols[n] = units[instruments[n].symbol] ?? 0
  return bySymbols
}
