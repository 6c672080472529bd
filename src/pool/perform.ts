import type { Clock } from '../base/clock.ts'
import { MillraceError, toErrorReport } from '../base/errors.ts'
import type { ErrorReport } from '../base/errors.ts'
import { sourcePlace } from '../base/source-place.ts'
import { nextTurn } from '../base/turn.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import type { TaskHandlers } from './pool.ts'

/** Reports closer together than this are not passed on; the last one always is. */
const PROGRESS_EVERY_MS = 100

/** What a task needs around it. */
export interface TaskSurroundings {
  readonly handlers: TaskHandlers
  readonly clock: Clock
  readonly tell: (message: FromWorker) => void
  /** Receives the stack of what a task threw, for the log. */
  readonly log: (text: string) => void
}

/** Runs one task through its handler and tells how it went. Never throws for what the task does. */
export async function perform(task: ToWorker, { handlers, clock, tell, log }: TaskSurroundings): Promise<void> {
  const before = process.cpuUsage()
  const cpuMs = (): number => {
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  }
  let toldAt = -Infinity
  const report = (done: number, total: number): void => {
    const now = clock.monotonic()
    if (now - toldAt < PROGRESS_EVERY_MS && done !== total) return
    toldAt = now
    tell({ say: 'progress', done, total })
  }
  tell({ say: 'started' })
  try {
    const handler = handlers[task.kind]
    if (handler === undefined) throw new Error(`no handler for tasks of kind ${task.kind}`)
    const value = await handler(task.payload as never, report)
    // A promise the task rejected and left behind must strike while it is still this task's.
    await nextTurn()
    tell({ say: 'done', value, cpuMs: cpuMs() })
  } catch (error) {
    if (!(error instanceof MillraceError)) log(`${task.id}: ${stackOf(error)}\n`)
    tell({ say: 'failed', error: describe(error), cpuMs: cpuMs() })
  }
}

/** System errors that no part of the work is guilty of: trying again in smaller parts would blame each in turn. */
const MACHINE_FAULTS = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM']

function describe(error: unknown): ErrorReport {
  if (!(error instanceof Error) || error instanceof MillraceError) return toErrorReport(error)
  const message = error.name === 'Error' ? error.message : `${error.name}: ${error.message}`
  if ('code' in error && MACHINE_FAULTS.includes(String(error.code))) {
    return { problems: [{ code: 'MACHINE_FAULT', message, hint: 'free disk space, memory or file handles, then run the experiment again: it resumes' }], total: 1 }
  }
  return { problems: [{ code: 'STEP_FAILED', message, where: sourcePlace(error) ?? placeOf(error) }], total: 1 }
}

/** `file:line:column` of the first stack frame in a file that is not Node's own. */
function placeOf(error: Error): string | undefined {
  const frames = error.stack?.split('\n').filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line) && !/node:|data:/.test(line)) ?? []
  return frames[0]?.match(/(?:\(|at )(?:file:\/\/)?([^()]+:\d+:\d+)\)?$/)?.[1]
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
