import type { Random } from '../base/random.ts'
import { fatTailed, nextVariance } from './student-t.ts'

/** A state the whole market may be in. Drift and volatility are yearly, momentum is in units of `predictability`. */
export interface Regime {
  readonly name: 'calm' | 'bull' | 'bear' | 'turbulent'
  readonly drift: number
  readonly volatility: number
  /** Factor on symbols' own volatility. */
  readonly unrest: number
  /** How far a symbol's own trend goes on (or back, if negative), as a share of its own volatility. */
  readonly momentum: number
  /** Probability per session of staying. */
  readonly persistence: number
}

export const REGIMES: readonly Regime[] = [
  { name: 'calm', drift: 0.08, volatility: 0.1, unrest: 0.85, momentum: 0.045, persistence: 0.99 },
  { name: 'bull', drift: 0.16, volatility: 0.14, unrest: 1, momentum: 0.035, persistence: 0.988 },
  { name: 'bear', drift: -0.14, volatility: 0.21, unrest: 1.2, momentum: -0.015, persistence: 0.98 },
  { name: 'turbulent', drift: -0.1, volatility: 0.34, unrest: 1.6, momentum: -0.045, persistence: 0.955 },
]

/** What all symbols share. */
export interface Backdrop {
  /** Index into REGIMES per row. */
  readonly regimes: Uint8Array
  /** Log return of the market factor per row. */
  readonly market: Float64Array
  /** Log return of each sector beyond the market's, per row. */
  readonly sectors: readonly Float64Array[]
}

const SESSIONS_PER_YEAR = 252
const SECTOR_VOLATILITY = 0.08

/** Makes regimes (a Markov chain), the market factor (drift, GARCH, fat tails) and the sector factors. */
export function makeBackdrop(of: { rows: number; barsPerSession: number; sectors: number }, random: Random): Backdrop {
  const barsPerYear = SESSIONS_PER_YEAR * of.barsPerSession
  const regimes = makeRegimes(of, random.fork('regimes'))
  const shocks = random.fork('market')
  const market = new Float64Array(of.rows)
  let variance = 1
  for (let t = 0; t < of.rows; t++) {
    const regime = REGIMES[regimes[t]]
    const shock = fatTailed(shocks)
    const deviation = regime.volatility / Math.sqrt(barsPerYear)
    market[t] = regime.drift / barsPerYear + deviation * Math.sqrt(variance) * shock
    variance = nextVariance(variance, shock)
  }
  const sectors = Array.from({ length: of.sectors }, (_, index) => {
    const stream = random.fork(`sector-${index}`)
    return Float64Array.from({ length: of.rows }, () => (SECTOR_VOLATILITY / Math.sqrt(barsPerYear)) * fatTailed(stream))
  })
  return { regimes, market, sectors }
}

function makeRegimes(of: { rows: number; barsPerSession: number }, random: Random): Uint8Array {
  const regimes = new Uint8Array(of.rows)
  const stay = REGIMES.map(({ persistence }) => persistence ** (1 / of.barsPerSession))
  let current = random.integer(REGIMES.length)
  for (let t = 0; t < of.rows; t++) {
    if (random.uniform() >= stay[current]) current = (current + 1 + random.integer(REGIMES.length - 1)) % REGIMES.length
    regimes[t] = current
  }
  return regimes
}
