import { readFileSync } from 'node:fs'
import { deserialize } from 'node:v8'
import type { ResolvedExperiment, StrategyInstance } from '../experiment/experiment.ts'
import { instanceFinder } from '../experiment/signals.ts'
import { marketAt, storeAt } from '../stages/worker-cache.ts'
import type { Address } from '../store/store.ts'
import { sweepBatch } from './sweep-batch.ts'

/** Holds the experiment as V8 serializes it: JSON has no infinities. */
export const EXPERIMENT_FILE = 'experiment'

export interface SweepTask {
  /** A folder that lives as long as the sweep, with its market and its experiment. */
  readonly store: string
  readonly market: Address
  readonly experiment: Address
  /** Portfolios [from, to). */
  readonly from: number
  readonly to: number
}

/** What an experiment needs to be swept; its market is an artefact of its own. */
export type SweptExperiment = Omit<ResolvedExperiment, 'market'>

interface Known {
  readonly address: Address
  readonly experiment: SweptExperiment
  readonly find: (id: string) => StrategyInstance | undefined
}

/** The experiment this process read last. */
let latest: Known | undefined

export function sweepTask(task: SweepTask, report: (done: number, total: number) => void): Promise<Float64Array> {
  const { experiment, find } = known(task)
  const instance = (id: string): StrategyInstance => {
    const found = find(id)
    if (found === undefined) throw new Error(`${id} is no strategy instance`)
    return found
  }
  return sweepBatch({ market: marketAt(storeAt(task.store), task.market), experiment, from: task.from, to: task.to, instance }, report)
}

function known({ store, experiment: address }: SweepTask): Known {
  if (latest?.address === address) return latest
  const experiment = deserialize(readFileSync(storeAt(store).file(address, EXPERIMENT_FILE))) as SweptExperiment
  latest = { address, experiment, find: instanceFinder(experiment) }
  return latest
}
