import type { Clock } from '../base/clock.ts'
import type { Pool } from '../pool/pool.ts'
import { runIsolating } from '../pool/isolate.ts'
import type { Address, MemberPlace, Store } from '../store/store.ts'
import type { Failure, PlannedStage, StageObserver, StageTiming } from './observer.ts'
import { chunkAddress, cutChunks, type Member, type Places, type StageName, type StageWork } from './stage-work.ts'

export interface StageRun {
  readonly store: Store
  readonly pool: Pool
  readonly clock: Clock
  readonly observer: StageObserver
  /** A task silent for longer is killed. */
  readonly timeoutMs: number
  readonly memoryMeter?: { peak(): number; reset(): void }
  readonly interrupted: AbortSignal
}

/** Members that could not be made, and why; whoever needs one is blocked. */
export type Unavailable = Map<Address, Failure>

/** Two names may mean one thing (a risk model in two patterns with the same book): it is made once. */
function distinctMembers(work: StageWork): Member[] {
  return [...new Map(work.members.map((member) => [member.address, member])).values()]
}

/** What a stage would do: nothing is run. */
export function planStage(store: Store, works: readonly StageWork[]): PlannedStage | undefined {
  if (works.length === 0) return undefined
  let total = 0
  let cached = 0
  let tasks = 0
  let bytes = 0
  for (const work of works) {
    const members = distinctMembers(work)
    const found = store.findMembers(work.artefactKind, members.map((member) => member.address))
    const missing = members.length - found.size
    total += members.length
    cached += found.size
    tasks += Math.ceil(missing / work.membersPerChunk)
    bytes += missing * work.bytesPerMember
  }
  return { stage: works[0].stage, total, cached, tasks, bytes }
}

/** Runs the pieces of work of one stage in order; adds what it made to `places` and what failed to `unavailable`. */
export async function runStage(
  run: StageRun,
  works: readonly StageWork[],
  state: { readonly places: Places; readonly unavailable: Unavailable },
): Promise<void> {
  if (works.length === 0) return
  const stage = works[0].stage
  const planned = planStage(run.store, works) as PlannedStage
  const meter = { started: run.clock.monotonic(), cpuMs: 0, made: 0 }
  run.memoryMeter?.reset()
  run.observer.stageStarted?.(stage, { total: planned.total, cached: planned.cached })
  const progress = createProgress(run.observer, stage, planned.total - planned.cached)
  for (const work of works) {
    const members = distinctMembers(work)
    for (const [address, place] of run.store.findMembers(work.artefactKind, members.map((member) => member.address))) {
      state.places.set(address, place)
    }
    const ready = members.filter((member) => !state.places.has(member.address) && !blocked(run, work, member, state.unavailable))
    const chunks = cutChunks(ready, work.membersPerChunk)
    const runChunk = async (chunk: readonly Member[]) => {
      run.interrupted.throwIfAborted()
      const done = await runChunkIsolating(run, { work, chunk, places: state.places, progress })
      meter.cpuMs += done.cpuMs
      meter.made += done.places.size
      for (const [address, place] of done.places) state.places.set(address, place)
      for (const failure of done.failures) {
        state.unavailable.set(failure.address, failure.failure)
        run.observer.failed?.(failure.failure)
      }
    }
    if (work.isolated) for (const chunk of chunks) await runChunk(chunk)
    else await Promise.all(chunks.map(runChunk))
  }
  const timing: StageTiming = {
    stage,
    wallMs: run.clock.monotonic() - meter.started,
    cpuMs: meter.cpuMs,
    made: meter.made,
    cached: planned.cached,
    peakMemoryBytes: run.memoryMeter?.peak() ?? 0,
  }
  run.observer.stageFinished?.(stage, timing)
}

function blocked(run: StageRun, work: StageWork, member: Member, unavailable: Unavailable): boolean {
  const cause = member.needs.map((address) => unavailable.get(address)).find((failure) => failure !== undefined)
  if (cause === undefined) return false
  const root = cause.because ?? cause.label
  const failure: Failure = { stage: work.stage, label: member.label, error: cause.error, because: root }
  unavailable.set(member.address, failure)
  run.observer.failed?.(failure)
  return true
}

interface ChunkRun {
  readonly work: StageWork
  readonly chunk: readonly Member[]
  readonly places: Places
  readonly progress: Progress
}

interface ChunkDone {
  readonly places: ReadonlyMap<Address, MemberPlace>
  readonly failures: readonly { readonly address: Address; readonly failure: Failure }[]
  readonly cpuMs: number
}

async function runChunkIsolating(run: StageRun, of: ChunkRun): Promise<ChunkDone> {
  const { work } = of
  const report = of.progress.open()
  const outcome = await runIsolating(run.pool, {
    members: of.chunk,
    taskFor: (members) => {
      const address = chunkAddress(work, members)
      return {
        id: `${work.stage} ${members[0].label}${members.length > 1 ? ` and ${members.length - 1} more` : ''}`,
        kind: work.taskKind,
        payload: work.payload(members, address, of.places),
        timeoutMs: run.timeoutMs,
        isolated: work.isolated,
      }
    },
    onProgress: ({ done }) => report(done),
  })
  const places = new Map<Address, MemberPlace>()
  for (const { members } of outcome.finished) {
    const artefact = chunkAddress(work, members)
    members.forEach((member, position) => places.set(member.address, { artefact, position }))
  }
  report(of.chunk.length)
  return {
    places,
    cpuMs: outcome.cpuMs,
    failures: outcome.culprits.map(({ member, error }) => ({
      address: member.address,
      failure: { stage: work.stage, label: member.label, error },
    })),
  }
}

interface Progress {
  /** A chunk's share: call what it returns with the members done so far. */
  open(): (done: number) => void
}

function createProgress(observer: StageObserver, stage: StageName, total: number): Progress {
  const parts: number[] = []
  return {
    open: () => {
      const part = parts.push(0) - 1
      return (done) => {
        parts[part] = done
        observer.stageProgress?.(stage, { done: parts.reduce((sum, value) => sum + value, 0), total })
      }
    },
  }
}
