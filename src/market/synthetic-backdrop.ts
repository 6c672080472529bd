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

/** What all symbols share, of some rows. */
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

/** Makes regimes (a Markov chain), the market factor (drift, GARCH, fat tails) and the sector factors, the next rows with every call. */
export function createBackdrop(of: { barsPerSession: number; sectors: number }, random: Random): (rows: number) => Backdrop {
  const barsPerYear = SESSIONS_PER_YEAR * of.barsPerSession
  const nextRegime = createRegimes(of, random.fork('regimes'))
  const shocks = random.fork('market')
  const streams = Array.from({ length: of.sectors }, (_, index) => random.fork(`sector-${index}`))
  let variance = 1
  return (rows) => {
    const regimes = new Uint8Array(rows)
    const market = new Float64Array(rows)
    for (let row = 0; row < rows; row++) {
      regimes[row] = nextRegime()
      const regime = REGIMES[regimes[row]]
      const shock = fatTailed(shocks)
      const deviation = regime.volatility / Math.sqrt(barsPerYear)
      market[row] = regime.drift / barsPerYear + deviation * Math.sqrt(variance) * shock
      variance = nextVariance(variance, shock)
    }
    const sectors = streams.map((stream) => Float64Array.from({ length: rows }, () => (SECTOR_VOLATILITY / Math.sqrt(barsPerYear)) * fatTailed(stream)))
    return { regimes, market, sectors }
  }
}

function createRegimes(of: { barsPerSession: number }, random: Random): () => number {
  const stay = REGIMES.map(({ persistence }) => persistence ** (1 / of.barsPerSession))
  let current = random.integer(REGIMES.length)
  return () => {
    if (random.uniform() >= stay[current]) current = (current + 1 + random.integer(REGIMES.length - 1)) % REGIMES.length
    return current
  }
}
