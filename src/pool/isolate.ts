import { fromErrorReport } from '../base/errors.ts'
import type { ErrorCode, ErrorReport } from '../base/errors.ts'
import type { Pool, Task, TaskOutcome } from './pool.ts'

export interface IsolatingWork<Member> {
  readonly members: readonly Member[]
  /** The task that does these members, in their order. It is asked again for smaller parts. */
  readonly taskFor: (members: readonly Member[]) => Task
  /**
   * Takes over what a task that went well left behind, before its part counts as finished and while others still run:
   * a process that has made one part ends, or may die of the next, and what it left is then tidied up. Whatever has to be
   * safe from that is so by the first time this waits for anything.
   */
  readonly takeOver?: (value: unknown) => Promise<void>
  /** In members, fractions included, of all members. */
  readonly onProgress?: (progress: { done: number; total: number }) => void
}

export interface IsolatingOutcome<Member> {
  /** What tasks did, in the members' order; one part unless something failed. */
  readonly finished: readonly FinishedPart<Member>[]
  /** Members whose own task failed, in their order, each once with its cause. */
  readonly culprits: readonly Culprit<Member>[]
  /** Processor time of all tasks that lived to tell it. */
  readonly cpuMs: number
}

export interface FinishedPart<Member> {
  readonly members: readonly Member[]
  readonly value: unknown
}

export interface Culprit<Member> {
  readonly member: Member
  readonly error: ErrorReport
  /** The process died, hung or ran out of memory; otherwise the task threw. */
  readonly crashed: boolean
}

/** Faults of the world that no member is guilty of: dividing would blame every one of them in turn. */
const NOT_THE_MEMBERS: readonly ErrorCode[] = ['ARTEFACT_CORRUPT', 'ARTEFACT_MISSING', 'MACHINE_FAULT', 'INTERRUPTED']

/**
 * Runs a task over members; when it fails, halves the members until the culprits stand alone, so that one bad
 * member among a thousand costs about twenty more tasks and the others nothing. A lone member whose process
 * died gets one more chance in a fresh process, since a warm one may have died of an earlier task.
 * Throws the fault itself where it is the world's (a damaged artefact, a full disk) and no member's.
 */
export async function runIsolating<Member>(pool: Pool, work: IsolatingWork<Member>): Promise<IsolatingOutcome<Member>> {
  const finished: (FinishedPart<Member> & { readonly from: number })[] = []
  const culprits: (Culprit<Member> & { readonly from: number })[] = []
  const progress = trackProgress(work)
  let cpuMs = 0

  const run = async (task: Task, from: number, count: number): Promise<TaskOutcome> => {
    const outcome = await pool.run(task, ({ done, total }) => progress.set(from, total > 0 ? (done / total) * count : 0))
    cpuMs += outcome.usage.cpuMs
    progress.set(from, outcome.ok || count === 1 ? count : 0)
    return outcome
  }
  const attempt = async (from: number, to: number): Promise<void> => {
    const members = work.members.slice(from, to)
    const task = work.taskFor(members)
    let outcome = await run(task, from, members.length)
    if (!outcome.ok && members.length === 1 && diedInCompany(task, outcome)) outcome = await run({ ...task, isolated: true }, from, 1)
    if (outcome.ok) {
      await work.takeOver?.(outcome.value)
      finished.push({ from, members, value: outcome.value })
      return
    }
    const { error, crashed } = outcome
    if (NOT_THE_MEMBERS.includes(error.problems[0].code)) throw fromErrorReport(error)
    if (members.length === 1) {
      culprits.push({ from, member: members[0], error, crashed })
      return
    }
    const middle = from + Math.ceil(members.length / 2)
    await Promise.all([attempt(from, middle), attempt(middle, to)])
  }

  if (work.members.length > 0) await attempt(0, work.members.length)
  return {
    finished: finished.toSorted(byPosition).map(({ members, value }) => ({ members, value })),
    culprits: culprits.toSorted(byPosition).map(({ member, error, crashed }) => ({ member, error, crashed })),
    cpuMs,
  }
}

function diedInCompany(task: Task, outcome: TaskOutcome): boolean {
  return task.isolated !== true && !outcome.ok && outcome.error.problems[0].code === 'WORKER_CRASHED'
}

function byPosition(one: { readonly from: number }, other: { readonly from: number }): number {
  return one.from - other.from
}

/** Sums what the parts have done; a part is known by its first member, so a half replaces the whole it came from. */
function trackProgress<Member>({ members, onProgress }: IsolatingWork<Member>): { set(from: number, done: number): void } {
  const parts = new Map<number, number>()
  return {
    set(from, done) {
      parts.set(from, done)
      onProgress?.({ done: Array.from(parts.values()).reduce((sum, part) => sum + part, 0), total: members.length })
    },
  }
}
