import type { ErrorReport } from '../base/errors.ts'
import type { StageName } from './stage-work.ts'

/** What is under way: a stage, or the whole lineup bar by bar. */
export type Phase = StageName | 'lockstep'

/** What a run tells whoever watches: progress bars, logs, tests. */
export interface StageObserver {
  planned?(plan: readonly PlannedStage[]): void
  stageStarted?(stage: Phase, of: { total: number; cached: number }): void
  /** Members finished so far in the stage (fractional while tasks report), of those to run. */
  stageProgress?(stage: Phase, of: { done: number; total: number }): void
  stageFinished?(stage: Phase, timing: StageTiming): void
  failed?(failure: Failure): void
}

export interface PlannedStage {
  readonly stage: StageName
  readonly total: number
  readonly cached: number
  readonly tasks: number
  /** In the largest task, and processes that take tasks at once; 0 where nothing is to run. */
  readonly membersPerTask: number
  readonly workers: number
  /** Why so many in a task; empty where nothing is to run. */
  readonly reason: string
  /** Bytes the stage is going to add to the store. */
  readonly bytes: number
}

export interface StageTiming {
  readonly stage: Phase
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly wallMs: number
  /** CPU time of the stage's tasks, summed over processes. */
  readonly cpuMs: number
  readonly made: number
  readonly cached: number
  /** Largest summed proportional set size of all processes seen during the stage; 0 where not measurable. */
  readonly peakMemoryBytes: number
}

/** One culprit, named once, with its cause. `because` names what it was blocked by, if it never ran. */
export interface Failure {
  readonly stage: StageName
  readonly label: string
  readonly error: ErrorReport
  readonly because?: string
}
