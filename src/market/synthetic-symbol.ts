import type { Random } from '../base/random.ts'
import type { SymbolBars } from './assemble.ts'
import { fatTailed, nextVariance } from './student-t.ts'
import { REGIMES, type Backdrop, type Regime } from './synthetic-backdrop.ts'
import type { Sessions } from './synthetic-sessions.ts'

/**
 * One symbol of the synthetic market. Its log return is
 *
 *   beta × market + sector + own,   own[t] = σ[t] × (edge[t−1] + shock[t])
 *
 * where σ is its own volatility in that regime and `edge` is all that can be learned:
 *
 *   edge[t] = predictability × (momentum of the regime × slow[t] − REVERSAL × fast[t])
 *
 * `slow` and `fast` are exponential means over 60 and 5 bars of the symbol's own standardised returns, scaled
 * to variance 1. So a symbol that beat its peers in the last days tends to fall back a little, and one that beat
 * them over months tends to go on in quiet markets and to give back in turbulent ones. The edge is a few
 * hundredths of the noise: an ideal forecast's daily rank correlation with the next return is about 0.06.
 */
export const REVERSAL = 0.05
const FAST = 2 / (5 + 1)
const SLOW = 2 / (60 + 1)
const FAST_SCALE = Math.sqrt((2 - FAST) / FAST)
const SLOW_SCALE = Math.sqrt((2 - SLOW) / SLOW)
const EDGE_LIMIT = 3

/** What makes one symbol differ from another; drawn once. */
interface Character {
  readonly beta: number
  /** Index into the backdrop's sectors. */
  readonly sector: number
  /** Own volatility of one bar in an ordinary regime. */
  readonly volatility: number
  readonly price: number
  readonly splitAbove: number
  /** Yearly; 0 = pays none. */
  readonly dividendYield: number
  /** Session of the quarter in which dividends are paid. */
  readonly dividendSession: number
  /** Units per bar. */
  readonly volume: number
}

export interface SymbolSettings {
  readonly sectors: number
  readonly barsPerSession: number
  readonly predictability: number
  readonly splits: boolean
  readonly dividends: boolean
  /** First row with a bar. */
  readonly listedAt: number
}

const SESSIONS_PER_YEAR = 252
const SESSIONS_PER_QUARTER = 63
const REVERSE_SPLIT_BELOW = 4

function drawCharacter(random: Random, of: { sectors: number; barsPerSession: number }): Character {
  const between = (low: number, high: number) => low + (high - low) * random.uniform()
  return {
    beta: between(0.5, 1.5),
    sector: random.integer(of.sectors),
    volatility: between(0.18, 0.36) / Math.sqrt(SESSIONS_PER_YEAR * of.barsPerSession),
    price: Math.exp(between(Math.log(20), Math.log(150))),
    splitAbove: between(160, 320),
    dividendYield: random.uniform() < 0.6 ? between(0.01, 0.04) : 0,
    dividendSession: random.integer(SESSIONS_PER_QUARTER),
    volume: Math.exp(between(Math.log(5e5), Math.log(2e7))) / of.barsPerSession,
  }
}

const toCents = (price: number) => Math.max(1, Math.round(price * 100)) / 100

/** The next rows of a market: their times, and what all symbols share of them. */
export interface SyntheticRows {
  readonly sessions: Sessions
  readonly backdrop: Backdrop
}

/** Makes the bars of a symbol from row `listedAt` on, those of the next rows with every call. Prices are whole cents, volumes whole hundreds. */
export function createSymbol(settings: SymbolSettings, random: Random): (rows: SyntheticRows) => SymbolBars {
  const character = drawCharacter(random.fork('character'), settings)
  const nextReturn = createReturns({ predictability: settings.predictability, volatility: character.volatility }, random.fork('returns'))
  const shape = random.fork('bars')
  let price = character.price
  let splitProduct = 1
  let activity = 0
  return ({ sessions, backdrop }) => {
    const bars = emptyBars(sessions, Math.max(0, settings.listedAt - sessions.first))
    const unlisted = sessions.closeTimes.length - bars.closeTimes.length
    for (let row = 0; row < sessions.closeTimes.length; row++) {
      const regime = REGIMES[backdrop.regimes[row]]
      const own = nextReturn(regime)
      const i = row - unlisted
      if (i < 0) continue
      const t = sessions.first + row
      const logReturn = character.beta * backdrop.market[row] + backdrop.sectors[character.sector][row] + own.value
      const sessionStart = sessions.barOfSession[row] === 0
      const isFirst = t === settings.listedAt
      const split = settings.splits && sessionStart && !isFirst ? splitOf(price, character.splitAbove) : 1
      const before = price / split
      const isDue = settings.dividends && !isFirst && sessionStart && isDividendSession(character, Math.floor(t / settings.barsPerSession))
      const dividend = isDue ? dividendOf(character, before) : 0
      price = Math.max(0.02, before * Math.exp(logReturn) - dividend)
      splitProduct *= split

      // Part of the bar's news is in its opening gap; what could be foretold comes after the open.
      const deviation = character.volatility * regime.unrest
      const gap = sessionStart ? 0.3 * (logReturn - own.edge) + 0.3 * deviation * shape.normal() : 0
      const open = toCents(Math.max(0.02, before * Math.exp(gap) - dividend))
      const close = toCents(price)
      bars.open[i] = open
      bars.close[i] = close
      bars.high[i] = Math.max(open, close, toCents(Math.max(open, close) * (1 + 0.4 * deviation * Math.abs(shape.normal()))))
      bars.low[i] = Math.min(open, close, toCents(Math.min(open, close) / (1 + 0.4 * deviation * Math.abs(shape.normal()))))
      bars.split[i] = split
      bars.dividend[i] = dividend
      activity = 0.9 * activity + 0.2 * shape.normal()
      const interest = Math.exp(activity + 0.3 * Math.min(4, Math.abs(own.value) / deviation) - 0.25)
      bars.volume[i] = 100 * Math.max(1, Math.round((character.volume * splitProduct * interest) / 100))
    }
    return bars
  }
}

/** Columns for the rows of a stretch but its first ones. */
function emptyBars({ closeTimes, openTimes, sessionDates }: Sessions, unlisted: number): SymbolBars {
  const column = () => new Float64Array(Math.max(0, closeTimes.length - unlisted))
  return {
    closeTimes: closeTimes.subarray(unlisted), openTimes: openTimes.subarray(unlisted), sessionDates: sessionDates.subarray(unlisted),
    open: column(), high: column(), low: column(), close: column(), volume: column(), split: column(), dividend: column(),
    halfSpread: null,
  }
}

/** The symbol's own log return of the next row, and the part of it that was foretold; one object, used again. */
function createReturns(of: { predictability: number; volatility: number }, random: Random): (regime: Regime) => { readonly value: number; readonly edge: number } {
  const next = { value: 0, edge: 0 }
  let variance = 1
  let fast = 0
  let slow = 0
  let edge = 0
  return (regime) => {
    const shock = fatTailed(random)
    const deviation = of.volatility * regime.unrest * Math.sqrt(variance)
    const standardised = edge + shock
    next.edge = deviation * edge
    next.value = deviation * standardised
    variance = nextVariance(variance, shock)
    fast += FAST * (standardised - fast)
    slow += SLOW * (standardised - slow)
    edge = of.predictability * (regime.momentum * clip(slow * SLOW_SCALE) - REVERSAL * clip(fast * FAST_SCALE))
    return next
  }
}

function clip(value: number): number {
  return Math.max(-EDGE_LIMIT, Math.min(EDGE_LIMIT, value))
}

function splitOf(price: number, splitAbove: number): number {
  if (price > 2 * splitAbove) return 3
  if (price > splitAbove) return 2
  return price < REVERSE_SPLIT_BELOW ? 0.1 : 1
}

/** Paid in the first bar of the symbol's session of the quarter. */
function isDividendSession(character: Character, session: number): boolean {
  return session % SESSIONS_PER_QUARTER === character.dividendSession
}

/** A quarter of the yearly yield in whole cents. */
function dividendOf(character: Character, price: number): number {
  return Math.round((price * character.dividendYield * 100) / 4) / 100
}
