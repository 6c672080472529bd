import type { ErrorReport } from '../base/errors.ts'
import type { DecisionField } from '../domain/risk-decision.ts'
import type { ResolvedExperiment } from '../experiment/experiment.ts'
import type { Address, MemberPlace } from '../store/store.ts'
import type { Failure, PlannedStage, StageTiming } from './observer.ts'

/** What a run's manifest holds: everything later commands need to find, replay and explain what it made. */
export interface RunRecord {
  readonly name: string
  readonly driver: 'staged' | 'lockstep'
  readonly status: 'running' | 'finished' | 'partial' | 'failed' | 'interrupted'
  /** As the user named it, and its absolute path. */
  readonly experimentFile: string
  readonly experiment: ResolvedExperiment
  /** Hash of the driver, the experiment and the addresses of all it makes: equal ones have equal results. */
  readonly fingerprint: Address
  readonly startedAt: string
  readonly finishedAt?: string
  readonly plan: readonly PlannedStage[]
  readonly sizes: RunSizes
  readonly timings: readonly StageTiming[]
  readonly failures: readonly Failure[]
  readonly error?: ErrorReport
  readonly artefacts?: RunArtefacts
  /** Of a run that did not end well: everything stored for it so far, which a prune keeps for its resumption. */
  readonly reached?: readonly Address[]
  /** Of a lockstep run. */
  readonly lockstep?: LockstepFacts
  readonly environment: Environment
}

/** What a run was planned with beside the tasks of its stages. No result depends on it. */
export interface RunSizes {
  readonly workers: number
  /** Of a staged run. */
  readonly modelThreads?: number
  readonly rowsPerBlock?: number
  /** Fused: strategies were turned where portfolios read them, and their signals not stored. */
  readonly signals?: 'fused'
  /** Of a lockstep run. */
  readonly portfoliosPerBatch?: number
}

export interface LockstepFacts {
  readonly bars: number
  readonly predictions: 'stored' | 'fresh'
  /** Fresh predictions compared with stored ones, and how many of them differ. */
  readonly compared: number
  readonly flips: number
  /** Portfolios whose staged results are stored, and how many of those are equal bit for bit. */
  readonly staged: number
  readonly identical: number
}

/** Where everything the run made or reused is. */
export interface RunArtefacts {
  readonly market: Address
  readonly rows: number
  readonly symbols: readonly string[]
  /** By canonical expression, signal name, and `pattern/model`. */
  readonly features: Readonly<Record<string, MemberPlace>>
  readonly signals: Readonly<Record<string, MemberPlace>>
  readonly decisions: Readonly<Record<string, { readonly artefact: Address; readonly fields: readonly DecisionField[] }>>
  /** Canonical expressions of the features that each strategy instance, model and `pattern/model` reads. */
  readonly inputs: Readonly<Record<string, readonly string[]>>
  /** Result artefacts of the portfolio batches. */
  readonly results: readonly Address[]
  /** Ids stored in a result artefact that are not this run's: an earlier run's portfolio, or a second copy of its own. */
  readonly strangers: Readonly<Record<Address, readonly string[]>>
  /** Results of walk-forwards, each with its windows. */
  readonly windows: readonly Address[]
  readonly metrics: Address
}

export interface Environment {
  readonly millrace: string
  readonly node: string
  readonly platform: string
  readonly cores: number
  /** That the run was allowed to occupy. */
  readonly memoryBytes: number
  /** Hash over every step's source. */
  readonly sources: string
}
