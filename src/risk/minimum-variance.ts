import { z } from 'zod'
import quadprog from 'quadprog'
import type { State } from '../domain/step.ts'
import { defineRiskModel } from './risk-model.ts'
import { SHRINKAGE_TARGETS, shrunkCovariance } from './shrinkage.ts'

const params = z.strictObject({
  /** Rows of returns the covariance is measured on. */
  window: z.int().min(2).default(252),
  /** Rows between two solutions; weights are held in between. */
  everyBars: z.int().min(1).default(21),
  /** Largest weight of a symbol; nothing can be decided while maxWeight × those that take part < 1. */
  maxWeight: z.number().gt(0).max(1).default(1),
  shrinkage: z.enum(SHRINKAGE_TARGETS).default('constant-correlation'),
})

type Params = z.infer<typeof params>

/**
 * Who is silent may have been delisted, and looks ever calmer: it takes part no longer than a solution is held or a tenth
 * of the window, but through a week of days.
 */
const mostSilent = ({ everyBars, window }: Params): number => Math.max(5, Math.min(everyBars, window / 10))

/**
 * - `returns`: ring of simple returns of adjusted closes, `[row mod window][n]`; 0 in a row without a bar,
 *   so that a return over a gap falls on the bar that ends it
 * - `lastClose`: 0 until a symbol's first bar
 * - `age`: rows since a symbol's first bar; `silent`: rows since its last one
 * - `weights`: the solution held
 * - `rows`: rows seen; `sinceSolution`: rows since the weights were solved, 0 = due
 */
const layout = (p: Params, symbols: number) => ({
  returns: p.window * symbols,
  lastClose: 'N' as const,
  age: 'N' as const,
  silent: 'N' as const,
  weights: 'N' as const,
  rows: 1,
  sinceSolution: 1,
})

type Memory = State<ReturnType<typeof layout>>

/**
 * Long-only minimum-variance weights (H. Markowitz, "Portfolio Selection", Journal of Finance 7 (1952) 77–91):
 * min w'Σw subject to Σw = 1, 0 ≤ w ≤ maxWeight, with Σ the shrunk covariance of the last `window` rows,
 * solved every `everyBars` rows by quadprog (Goldfarb & Idnani 1983). A symbol takes part when its first bar
 * is at least `window` rows old, its last one not older than `everyBars` rows or a tenth of the window (but five:
 * a holiday is no delisting), and its returns vary; the others weigh 0. Before anyone takes part, and when there
 * is no solution, the weights are NaN and the next row tries again.
 */
export default defineRiskModel({
  name: 'minimum-variance',
  params,
  decides: ['weights'],
  check: (p, universe) => {
    if (p.maxWeight * universe.length >= 1) return undefined
    return {
      code: 'CONFIG_VALUE',
      message: `${universe.length} symbols of at most ${p.maxWeight} each cannot sum to 1`,
      value: p.maxWeight,
      hint: `maxWeight has to be at least ${1 / universe.length}`,
    }
  },
  features: () => ['close'],
  state: layout,
  decide: ([close], out, { params: p, symbols, state }) => {
    remember(close, state, p.window)
    if (state.sinceSolution[0] === 0) {
      solve(state, { ...p, symbols })
    }
    if (!Number.isNaN(state.weights[0])) state.sinceSolution[0] = (state.sinceSolution[0] + 1) % p.everyBars
    out.weights.set(state.weights)
  },
})

function remember(close: Float64Array, state: Memory, window: number): void {
  const symbols = close.length
  const slot = (state.rows[0] % window) * symbols
  for (let n = 0; n < symbols; n++) {
    const last = state.lastClose[n]
    if (last > 0) state.age[n]++
    const hasBar = !Number.isNaN(close[n])
    state.returns[slot + n] = hasBar && last > 0 ? close[n] / last - 1 : 0
    if (hasBar) state.lastClose[n] = close[n]
    state.silent[n] = hasBar ? 0 : state.silent[n] + 1
  }
  state.rows[0]++
}

function solve(state: Memory, of: Params & { symbols: number }): void {
  const taking: number[] = []
  const silent = mostSilent(of)
  for (let n = 0; n < of.symbols; n++) {
    if (state.age[n] >= of.window && state.silent[n] <= silent && varies(state, n, of)) taking.push(n)
  }
  const solution = minimise(gather(state, taking, of), of)
  state.weights.fill(solution === null ? NaN : 0)
  solution?.forEach((weight, i) => {
    state.weights[taking[i]] = weight
  })
}

function varies(state: Memory, n: number, of: { window: number; symbols: number }): boolean {
  for (let slot = 1; slot < of.window; slot++) {
    if (state.returns[slot * of.symbols + n] !== state.returns[n]) return true
  }
  return false
}

/** The returns of those taking part, oldest row first. */
function gather(state: Memory, taking: readonly number[], of: { window: number; symbols: number }) {
  const returns = new Float64Array(of.window * taking.length)
  for (let t = 0; t < of.window; t++) {
    const slot = (state.rows[0] + t) % of.window
    taking.forEach((n, i) => {
      returns[t * taking.length + i] = state.returns[slot * of.symbols + n]
    })
  }
  return { returns, rows: of.window, symbols: taking.length }
}

/** Weights of those taking part, or null when there is no solution. */
function minimise(window: ReturnType<typeof gather>, of: Params): readonly number[] | null {
  const { symbols } = window
  if (symbols === 0 || of.maxWeight * symbols < 1) return null
  const { covariance } = shrunkCovariance(window, of.shrinkage)
  if (!covariance.every(Number.isFinite)) return null

  let trace = 0
  for (let i = 0; i < symbols; i++) trace += covariance[i * symbols + i]
  // quadprog compares with absolute tolerances, so the mean variance is brought to 1.
  const unit = trace / symbols
  const matrix: number[][] = [[]]
  for (let i = 0; i < symbols; i++) {
    matrix.push([0, ...covariance.subarray(i * symbols, (i + 1) * symbols).map((value) => value / unit)])
  }
  const { columns, bounds } = constraints(symbols, of.maxWeight)
  const { solution, message } = quadprog.solveQP(matrix, Array.from({ length: symbols + 1 }, () => 0), columns, bounds, 1)
  if (message !== '') return null
  const weights = solution.slice(1).map((weight) => Math.max(0, weight))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return Math.abs(sum - 1) < 1e-6 ? weights : null
}

/** Σw = 1, then w ≥ 0, then −w ≥ −maxWeight where that can bind; 1-based, `[symbol][constraint]`. */
function constraints(symbols: number, maxWeight: number): { columns: number[][]; bounds: number[] } {
  const capped = maxWeight < 1
  const columns: number[][] = [[]]
  for (let i = 0; i < symbols; i++) {
    const own = Array.from({ length: symbols }, (_, j) => (i === j ? 1 : 0))
    columns.push([0, 1, ...own, ...(capped ? own.map((value) => -value) : [])])
  }
  const zeros = Array.from({ length: symbols }, () => 0)
  return { columns, bounds: [0, 1, ...zeros, ...(capped ? zeros.map(() => -maxWeight) : [])] }
}
