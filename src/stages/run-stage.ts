import type { Pool } from '../pool/pool.ts'
import { runIsolating } from '../pool/isolate.ts'
import type { MemberPlaces } from '../store/member-places.ts'
import type { Address, HandedDraft, Store } from '../store/store.ts'
import { planLevel, type CorePlan, type Level, type Share } from './core-plan.ts'
import type { Failure, PlannedStage, StageObserver } from './observer.ts'
import { startStage, type StageWatch } from './stage-timing.ts'
import { chunkAddress, cutChunks, type Member, type Places, type StageName, type StageWork, type TaskSizes } from './stage-work.ts'

export interface StageRun extends StageWatch {
  readonly store: Store
  readonly pool: Pool
  /** A task silent for longer is killed. */
  readonly timeoutMs: number
  readonly interrupted: AbortSignal
}

/** Members that could not be made, and why; whoever needs one is blocked. */
export type Unavailable = Map<Address, Failure>

/** What of a stage is stored, and what is still to be made. */
export interface StageCount {
  readonly stage: StageName
  readonly total: number
  readonly cached: number
  /** Bytes that the missing ones add to the store. */
  readonly bytes: number
  /** A level for each piece of work, of the members that are missing. */
  readonly levels: readonly Level[]
}

export function countStage(store: Store, works: readonly StageWork[]): StageCount | undefined {
  if (works.length === 0) return undefined
  let all = 0
  let bytes = 0
  const levels = works.map((work) => {
    const { total, cached } = countMembers(work, lookUp(store, work))
    all += total
    bytes += (total - cached) * work.bytesPerMember
    return levelOf(work, total - cached)
  })
  const missing = levels.reduce((sum, { members }) => sum + members, 0)
  return { stage: works[0].stage, total: all, cached: all - missing, bytes, levels }
}

function lookUp(store: Store, { artefactKind, members }: StageWork): MemberPlaces {
  return store.findMembers(artefactKind, members.addresses)
}

/** Two names may mean one thing (a risk model in two patterns with the same book): it counts, and is made, once. */
function countMembers({ members: { addresses } }: StageWork, places: MemberPlaces): { readonly total: number; readonly cached: number } {
  let total = 0
  let cached = 0
  for (let index = 0; index < addresses.length; index++) {
    if (!addresses.isFirst(index)) continue
    total++
    if (places.has(index)) cached++
  }
  return { total, cached }
}

/** Puts what of a stage is stored in its places. */
function placeStored(store: Store, works: readonly StageWork[], places: Places): { readonly total: number; readonly cached: number } {
  const counts = works.map((work) => {
    const found = lookUp(store, work)
    places.put(work.members.addresses, found)
    return countMembers(work, found)
  })
  return { total: counts.reduce((sum, { total }) => sum + total, 0), cached: counts.reduce((sum, { cached }) => sum + cached, 0) }
}

function levelOf({ stage, load, isolated }: StageWork, members: number): Level {
  return { stage, members, load, isolated }
}

/** What a stage would do: nothing is run. */
export function planStage({ levels, ...count }: StageCount, share: Share): PlannedStage {
  const planned = levels.filter(({ members }) => members > 0).map((level) => planLevel(level, share))
  const largest = planned.toSorted((a, b) => b.members - a.members)[0]
  return {
    ...count,
    tasks: planned.reduce((sum, { tasks }) => sum + tasks, 0),
    membersPerTask: Math.max(0, ...planned.map(({ membersPerTask }) => membersPerTask)),
    workers: Math.max(0, ...planned.map(({ workers }) => workers)),
    reason: largest?.reason ?? '',
  }
}

/** Runs the pieces of work of one stage in order; adds what it made to `places` and what failed to `unavailable`. */
export async function runStage(
  run: StageRun,
  works: readonly StageWork[],
  state: { readonly places: Places; readonly unavailable: Unavailable; readonly plan: CorePlan },
): Promise<void> {
  if (works.length === 0) return
  const stage = works[0].stage
  const { total, cached } = placeStored(run.store, works, state.places)
  const finish = startStage(run, stage, { total, cached })
  const done = { cpuMs: 0, made: 0 }
  const progress = createProgress(run.observer, stage, total - cached)
  for (const work of works) {
    const ready = readyMembers(run, work, state)
    if (ready.length === 0) continue
    const { membersPerTask, workers } = planLevel(levelOf(work, ready.length), state.plan.share)
    const runChunk = async (chunk: Int32Array) => {
      run.interrupted.throwIfAborted()
      const { cpuMs, made, failures } = await runChunkIsolating(run, { work, chunk, places: state.places, sizes: state.plan, progress })
      done.cpuMs += cpuMs
      done.made += made
      for (const failure of failures) {
        state.unavailable.set(failure.address, failure.failure)
        run.observer.failed?.(failure.failure)
      }
    }
    // Workers whose tasks are alike end together: the next one of each is made ready before.
    const lanes = work.isolated || workers < run.pool.workers ? workers : 2 * workers
    await inLanes(cutChunks(ready, membersPerTask), lanes, runChunk)
  }
  finish(done)
}

/** Does everything in order, so many at a time. After a failure nothing more is begun. */
async function inLanes<T>(items: readonly T[], lanes: number, act: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    try {
      while (next < items.length) await act(items[next++])
    } catch (error) {
      next = items.length
      throw error
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane))
}

/** Ordinals of the members that are neither stored nor blocked, each address once. */
function readyMembers(run: StageRun, work: StageWork, state: { readonly places: Places; readonly unavailable: Unavailable }): Int32Array {
  const { addresses, at } = work.members
  const places = state.places.of(addresses)
  const ready = new Int32Array(addresses.length)
  let found = 0
  for (let index = 0; index < addresses.length; index++) {
    if (places.has(index) || !addresses.isFirst(index)) continue
    if (state.unavailable.size === 0 || !blocked(run, work, at(index), state.unavailable)) ready[found++] = index
  }
  addresses.forgetSlots()
  return ready.subarray(0, found)
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
  /** Ordinals among the work's members. */
  readonly chunk: Int32Array
  readonly places: Places
  readonly sizes: TaskSizes
  readonly progress: Progress
}

interface ChunkDone {
  readonly made: number
  readonly failures: readonly { readonly address: Address; readonly failure: Failure }[]
  readonly cpuMs: number
}

/** Makes the members of a chunk and notes their places. */
async function runChunkIsolating(run: StageRun, of: ChunkRun): Promise<ChunkDone> {
  const { work: { members: { addresses, at }, ...work }, places } = of
  const report = of.progress.open()
  /** Of every chunk, or part of one, that was made a task of. */
  const artefacts = new Map<readonly number[], Address>()
  const outcome = await runIsolating(run.pool, {
    members: [...of.chunk],
    taskFor: (ordinals) => {
      const members = ordinals.map(at)
      const address = chunkAddress(work, members.map((member) => member.address))
      artefacts.set(ordinals, address)
      return {
        id: `${work.stage} ${members[0].label}${members.length > 1 ? ` and ${members.length - 1} more` : ''}`,
        kind: work.taskKind,
        payload: work.payload(members, { address, places, sizes: of.sizes }),
        timeoutMs: run.timeoutMs,
        isolated: work.isolated,
      }
    },
    // Of a task that has not published what it made. Meanwhile its worker has the next one.
    takeOver: async (draft) => (draft === undefined ? undefined : run.store.adopt(draft as HandedDraft)),
    onProgress: ({ done }) => report(done),
  })
  const made = places.of(addresses)
  for (const { members } of outcome.finished) {
    const artefact = artefacts.get(members) as Address
    members.forEach((ordinal, position) => made.set(ordinal, { artefact, position }))
  }
  report(of.chunk.length)
  return {
    made: outcome.finished.reduce((sum, { members }) => sum + members.length, 0),
    cpuMs: outcome.cpuMs,
    failures: outcome.culprits.map(({ member: ordinal, error }) => {
      const { address, label } = at(ordinal)
      return { address, failure: { stage: work.stage, label, error } }
    }),
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
