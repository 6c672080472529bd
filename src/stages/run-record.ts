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
  readonly startedAt: string
  readonly finishedAt?: string
  readonly plan: readonly PlannedStage[]
  readonly timings: readonly StageTiming[]
  readonly failures: readonly Failure[]
  readonly error?: ErrorReport
  readonly artefacts?: RunArtefacts
  readonly environment: Environment
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
  /** Result artefacts of the portfolio batches. */
  readonly results: readonly Address[]
  readonly metrics: Address
}

export interface Environment {
  readonly millrace: string
  readonly node: string
  readonly platform: string
  readonly workers: number
  readonly portfoliosPerBatch: number
  /** Hash over every step's source. */
  readonly sources: string
}
