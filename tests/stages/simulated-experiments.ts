import type { Level, PlannedLoad } from '../../src/stages/core-plan.ts'
import { CANDIDATES_PER_TRAINING, featureLoad, loneLoad, modelLoad, portfolioLoad, strategyLoad, walkForwardLoad } from '../../src/stages/member-load.ts'

/** What an experiment comes to, as a table has it. */
export interface Outline {
  readonly rows: number
  readonly symbols: number
  /** By level. */
  readonly features?: readonly number[]
  readonly strategies?: number
  readonly models?: number
  readonly risk?: number
  readonly portfolios?: number
  readonly record?: 'metrics' | 'all'
  /** Candidates, windows and rows of a training. */
  readonly walkForward?: { readonly candidates: number; readonly windows: number; readonly trainRows: number }
}

/** The load that stages would state for it, nothing being stored. */
export function loadOf(of: Outline): PlannedLoad {
  const { rows, symbols, features = [], strategies = 0, models = 0, risk = 0, portfolios = 0, record = 'metrics', walkForward } = of
  const signals = Math.max(1, strategies + models)
  const candidates = walkForward?.candidates ?? 0
  const subscriptions = [{ portfolios: Math.max(1, portfolios + candidates), signals, each: portfolios + candidates >= signals }]
  const portfolio = { rows, symbols, subscriptions, isRecorded: record === 'all', kernels: { reference: 0, long: 0 } }
  const trainings = Math.ceil(candidates / CANDIDATES_PER_TRAINING) * (walkForward?.windows ?? 0)
  const levels: Level[] = [
    ...features.map((members): Level => ({ stage: 'features', members, load: featureLoad({ rows, columns: symbols }), isolated: false })),
    { stage: 'strategies', members: strategies, load: strategyLoad({ rows, symbols }), isolated: false },
    { stage: 'models', members: models, load: modelLoad({ rows, symbols, fileBytes: 2 ** 20, windowLength: 360 }), isolated: true },
    { stage: 'risk', members: risk, load: loneLoad('risk', { rows, symbols }), isolated: false },
    { stage: 'portfolios', members: portfolios, load: portfolioLoad(portfolio), isolated: false },
    { stage: 'training', members: trainings, load: walkForwardLoad({ ...portfolio, rows: walkForward?.trainRows ?? 0, candidates: CANDIDATES_PER_TRAINING }), isolated: false },
  ]
  return { rows, symbols, levels, portfolios, subscriptions }
}

/** Experiments of every kind, by what is big in them. */
export const EXPERIMENTS = {
  'one portfolio': { rows: 2_520, symbols: 10, features: [2], strategies: 1, portfolios: 1 },
  '50 recorded': { rows: 5_536, symbols: 43, features: [20], strategies: 50, portfolios: 50, record: 'all' },
  '3,000 portfolios': { rows: 5_536, symbols: 43, features: [60, 10], strategies: 310, models: 1, risk: 4, portfolios: 3_000 },
  '1,000,000 portfolios': { rows: 1_000, symbols: 10, features: [100], strategies: 1_000, portfolios: 1_000_000 },
  '20 models': { rows: 5_536, symbols: 43, features: [40], models: 20, risk: 2, portfolios: 500 },
  '50 × 1,000 strategies': { rows: 2_520, symbols: 50, features: [300, 50], strategies: 50_000, portfolios: 50_000 },
  'a walk-forward': { rows: 10_000, symbols: 43, features: [40], strategies: 200, walkForward: { candidates: 1_000, windows: 100, trainRows: 2_000 } },
} as const satisfies Readonly<Record<string, Outline>>
