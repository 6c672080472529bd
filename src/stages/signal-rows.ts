import { rowBlock } from '../domain/step.ts'
import type { Row } from '../domain/timeline.ts'
import type { StepOrigin } from '../experiment/experiment.ts'
import { createStrategyGroup } from '../lineup/strategy-group.ts'
import { openInputRows, type InputPlace } from './input-rows.ts'
import type { StoredMarket } from './stored-market.ts'

/** A strategy instance to turn. */
export interface SignalJob extends StepOrigin {
  readonly id: string
  readonly params: Readonly<Record<string, unknown>>
}

/** Instances, and where every feature they read is, by expression. */
export interface SignalJobs {
  readonly jobs: readonly SignalJob[]
  readonly inputs: Readonly<Record<string, InputPlace>>
}

/** Signals of some strategy instances, made a few rows at a time: nothing later than the rows at hand has been read. */
export interface SignalRows {
  /** Signals of the next `count` rows, float32 `[k][row][n]` at the beginning of `out`. */
  turn(count: number, out: Float32Array): void
  close(): void
}

/** Begins at the timeline's first row, whatever is asked for: a strategy may remember all of them. */
export async function openSignalRows(of: SignalJobs & { readonly market: StoredMarket }): Promise<SignalRows> {
  const group = await createStrategyGroup({ jobs: of.jobs, universe: of.market.symbols })
  const inputs = openInputRows(of.market, group.inputs.map(({ expression }) => of.inputs[expression]))
  let blocks: readonly Float64Array[] = []
  let room = 0
  let t = 0
  return {
    turn: (count, out) => {
      if (count > room) {
        room = count
        blocks = inputs.arrays.map(({ length }) => new Float64Array(room * length))
      }
      const rows: Row[] = []
      for (let r = 0; r < count; r++) {
        inputs.fill(t + r)
        rows.push({ ...inputs.row })
        for (const [i, array] of inputs.arrays.entries()) blocks[i].set(array, r * array.length)
      }
      group.turnRows(rows, blocks.map((block, i) => rowBlock(block.subarray(0, count * inputs.arrays[i].length))), out)
      t += count
    },
    close: () => inputs.close(),
  }
}
