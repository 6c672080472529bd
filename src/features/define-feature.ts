import type { ZodType } from 'zod'
import { pairCount } from '../domain/market-panels.ts'
import { createState } from '../domain/step.ts'
import type { State, StateLayout, Step } from '../domain/step.ts'
import type { Row } from '../domain/timeline.ts'
import type { FeatureDefinition, FeatureInputSlot, FeatureWidth } from './feature.ts'

/** Names and lengths of the arrays one symbol (or pair) remembers, in groups if need be; float64, starting at 0. */
export type Memory = { readonly [name: string]: number | Memory }

/** The arrays of a memory. */
export type MemoryOf<M extends Memory> = { readonly [K in keyof M]: M[K] extends Memory ? MemoryOf<M[K]> : Float64Array }

/** Where a symbol's update stands. One stable object: read it, never keep it. */
export interface Moment<P> {
  readonly params: P
  /** Bars this symbol (or pair, or market) has had, this one included: 1 at the first. */
  readonly bars: number
  readonly row: Row
}

/** What the author of a one-symbol or pair feature writes. */
export interface LaneFeature<P, M extends Memory> {
  readonly name: string
  readonly params: ZodType<P>
  readonly inputs: readonly (string | FeatureInputSlot)[]
  /** Bars before the first value; until then the framework writes NaN, whatever `update` returns. */
  warmup(params: P): number
  memory?(params: P): M
  /**
   * One bar of one symbol: its values in the order of `inputs` (for a pair: both symbols' of the first input,
   * then of the second …), never NaN. Returns the feature's value; a value that is not finite becomes NaN.
   */
  update(values: Float64Array, memory: MemoryOf<M>, moment: Moment<P>): number
}

/**
 * A feature of one symbol's own history: it advances on that symbol's bars alone, and in a row where any
 * of its inputs is NaN it is NaN and remembers nothing. Works on inputs of any width.
 */
export function defineFeature<P, M extends Memory = Memory>(feature: LaneFeature<P, M>): FeatureDefinition<P> {
  return {
    ...describe(feature),
    width: 'input',
    create: (params, size) => {
      const columns = Array.from({ length: size }, (_, n) => [n])
      return createLaneStep(feature, params, columns)
    },
  }
}

/** A feature of two symbols' common history, for every pair: it advances in rows where both have a bar. */
export function definePairFeature<P, M extends Memory = Memory>(feature: LaneFeature<P, M>): FeatureDefinition<P> {
  return {
    ...describe(feature),
    inputs: slots(feature.inputs).map((slot) => ({ ...slot, width: 'symbol' })),
    width: 'pair',
    create: (params, size) => {
      const columns: number[][] = []
      for (let i = 0; i < size; i++) for (let j = i + 1; j < size; j++) columns.push([i, j])
      return createLaneStep(feature, params, columns)
    },
  }
}

/** What the author of a market-wide feature writes: whole rows in (NaN where there is no value), one number out. */
export interface MarketFeature<P, L extends StateLayout> {
  readonly name: string
  readonly params: ZodType<P>
  readonly inputs: readonly FeatureInputSlot[]
  warmup(params: P): number
  state?(params: P, symbols: number): L
  update(inputs: readonly Float64Array[], state: State<L>, moment: Moment<P>): number
}

/** A feature with one value for the whole market; it advances in every row. */
export function defineMarketFeature<P, L extends StateLayout = StateLayout>(
  feature: MarketFeature<P, L>,
): FeatureDefinition<P> {
  return { ...describe(feature), width: 'market', create: (params, size) => createMarketStep(feature, params, size) }
}

interface Described<P> {
  readonly name: string
  readonly params: ZodType<P>
  readonly inputs: readonly (string | FeatureInputSlot)[]
  warmup(params: P): number
}

function describe<P>(feature: Described<P>): Omit<FeatureDefinition<P>, 'width' | 'create'> {
  const { name, params } = feature
  return { name, params, inputs: slots(feature.inputs), warmup: (given) => feature.warmup(given) }
}

function slots(inputs: readonly (string | FeatureInputSlot)[]): FeatureInputSlot[] {
  return inputs.map((input) => (typeof input === 'string' ? { name: input } : input))
}

/** A feature's value is finite or the one canonical NaN, so that stored rows are equal byte for byte. */
function toFeatureValue(value: number): number {
  return Number.isFinite(value) ? value : NaN
}

/** `columns[lane]` are the columns of every input that make up the lane: one for a symbol, two for a pair. */
function createLaneStep<P, M extends Memory>(
  feature: LaneFeature<P, M>, params: P, columns: readonly (readonly number[])[],
): Step {
  const lanes = columns.length
  const layout = feature.memory?.(params) ?? ({} as M)
  const cells = cellsOf(layout)
  const store = createState({ bars: lanes, memories: lanes * cells }, lanes)
  const { bars, memories } = store.arrays
  const memoryOf = columns.map((_, lane) => sliceMemory(layout, memories.subarray(lane * cells, (lane + 1) * cells)))
  const perInput = columns[0]?.length ?? 1
  const columnOf = Int32Array.from(columns.flat())
  const values = new Float64Array(feature.inputs.length * perInput)
  const moment: { params: P; bars: number; row: Row } = { params, bars: 0, row: { t: 0, closeTime: 0, sessionDate: 0 } }
  const warmup = feature.warmup(params)

  const isComplete = (inputs: readonly Float64Array[], lane: number): boolean => {
    let at = 0
    for (let i = 0; i < inputs.length; i++) {
      for (let c = lane * perInput; c < (lane + 1) * perInput; c++) {
        const value = inputs[i][columnOf[c]]
        if (value !== value) return false
        values[at++] = value
      }
    }
    return true
  }
  const step = (row: Row, inputs: readonly Float64Array[], out: Float64Array): void => {
    moment.row = row
    for (let lane = 0; lane < lanes; lane++) {
      out[lane] = NaN
      if (!isComplete(inputs, lane)) continue
      moment.bars = ++bars[lane]
      const value = feature.update(values, memoryOf[lane], moment)
      if (moment.bars > warmup) out[lane] = toFeatureValue(value)
    }
  }
  return { warmup, step, snapshot: store.snapshot, restore: store.restore }
}

function cellsOf(layout: Memory): number {
  return Object.values(layout).reduce<number>((sum, length) => sum + (typeof length === 'number' ? length : cellsOf(length)), 0)
}

function sliceMemory<M extends Memory>(layout: M, cells: Float64Array): MemoryOf<M> {
  let offset = 0
  const arrays = Object.entries(layout).map(([name, length]) => {
    const start = offset
    offset += typeof length === 'number' ? length : cellsOf(length)
    const part = cells.subarray(start, offset)
    return [name, typeof length === 'number' ? part : sliceMemory(length, part)]
  })
  return Object.fromEntries(arrays) as MemoryOf<M>
}

function createMarketStep<P, L extends StateLayout>(feature: MarketFeature<P, L>, params: P, symbols: number): Step {
  const store = createState({ ...feature.state?.(params, symbols), rowsSeen: 1 }, symbols)
  const state = store.arrays as State<L>
  const { rowsSeen } = store.arrays
  const moment: { params: P; bars: number; row: Row } = { params, bars: 0, row: { t: 0, closeTime: 0, sessionDate: 0 } }
  const warmup = feature.warmup(params)
  return {
    warmup,
    step: (row, inputs, out) => {
      moment.row = row
      moment.bars = ++rowsSeen[0]
      const value = feature.update(inputs, state, moment)
      out[0] = moment.bars > warmup ? toFeatureValue(value) : NaN
    },
    snapshot: store.snapshot,
    restore: store.restore,
  }
}

/** Values per row of a width. */
export function columnsOf(width: FeatureWidth, symbols: number): number {
  if (width === 'market') return 1
  return width === 'symbol' ? symbols : pairCount(symbols)
}
