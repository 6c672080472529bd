import { fork, type ChildProcess } from 'node:child_process'
import { fromErrorReport, MillraceError, type ErrorReport } from '../base/errors.ts'
import type { RoleRow, Slot } from '../lineup/role.ts'

/** What the coordinator says to a member of the crew. */
export type ToMember =
  | { readonly say: 'configure'; readonly spec: unknown }
  | { readonly say: 'turn'; readonly row: RoleRow; readonly values: Float64Array }
  | { readonly say: 'finish' }

/** What a member answers: always exactly one answer to one message. */
export type FromMember =
  | { readonly say: 'ready'; readonly inputs: readonly Slot[]; readonly outputs: readonly Slot[] }
  | { readonly say: 'turned'; readonly values: Float64Array }
  | { readonly say: 'finished'; readonly value: unknown }
  | { readonly say: 'failed'; readonly error: ErrorReport }

/** One role in a process of its own. */
export interface Member {
  readonly name: string
  readonly processId: number
  readonly inputs: readonly Slot[]
  readonly outputs: readonly Slot[]
  turn(row: RoleRow, values: Float64Array): Promise<Float64Array>
  finish(): Promise<unknown>
  dismiss(): void
}

export interface MemberSpec {
  readonly name: string
  readonly workerFile: string
  readonly spec: unknown
  /** Silence longer than this ends the run: WORKER_TIMEOUT. */
  readonly timeoutMs: number
}

/** Starts a process, configures its role and waits until it is ready. */
export async function hire(of: MemberSpec): Promise<Member> {
  const child = fork(of.workerFile, [], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const ask = createAsk(child, of)
  const ready = await ask({ say: 'configure', spec: of.spec })
  if (ready.say !== 'ready') throw new Error(`${of.name} answered ${ready.say} to configure`)
  return {
    name: of.name,
    processId: child.pid ?? 0,
    inputs: ready.inputs,
    outputs: ready.outputs,
    turn: async (row, values) => {
      const answer = await ask({ say: 'turn', row, values })
      if (answer.say !== 'turned') throw new Error(`${of.name} answered ${answer.say} to turn`)
      return answer.values
    },
    finish: async () => {
      const answer = await ask({ say: 'finish' })
      if (answer.say !== 'finished') throw new Error(`${of.name} answered ${answer.say} to finish`)
      return answer.value
    },
    dismiss: () => child.kill('SIGKILL'),
  }
}

/** One question at a time, each answered, failed, timed out or ended by the process's death. */
function createAsk(child: ChildProcess, of: MemberSpec): (message: ToMember) => Promise<FromMember> {
  let waiting: { resolve(answer: FromMember): void; reject(error: Error): void } | undefined
  let timer: NodeJS.Timeout | undefined
  const settle = (act: (waiter: NonNullable<typeof waiting>) => void): void => {
    const waiter = waiting
    waiting = undefined
    clearTimeout(timer)
    if (waiter !== undefined) act(waiter)
  }
  let gone: MillraceError | undefined
  child.on('message', (answer: FromMember) => {
    settle((waiter) => {
      if (answer.say === 'failed') waiter.reject(fromErrorReport(answer.error))
      else waiter.resolve(answer)
    })
  })
  child.on('exit', (code, signal) => {
    gone = new MillraceError({
      code: 'WORKER_CRASHED',
      message: `the lockstep process ${of.name} ended with ${signal ?? `exit code ${code}`}`,
      where: of.name,
      hint: 'run the experiment staged to find and isolate the culprit',
    })
    settle((waiter) => waiter.reject(gone as MillraceError))
  })
  return (message) =>
    new Promise((resolve, reject) => {
      if (gone !== undefined) {
        reject(gone)
        return
      }
      waiting = { resolve, reject }
      timer = setTimeout(() => {
        settle((waiter) => waiter.reject(timedOut(of)))
        child.kill('SIGKILL')
      }, of.timeoutMs)
      child.send(message)
    })
}

function timedOut(of: MemberSpec): MillraceError {
  return new MillraceError({
    code: 'WORKER_TIMEOUT',
    message: `the lockstep process ${of.name} was silent for ${of.timeoutMs} ms`,
    where: of.name,
    hint: 'run the experiment staged to find and isolate the culprit',
  })
}
