import { fork, type ChildProcess } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { fromErrorReport, MillraceError, type ErrorReport } from '../base/errors.ts'
import type { RoleRow, Slot } from '../lineup/role.ts'
import { createRowFrame, ROW_PIPE, type RowFrame } from './row-frame.ts'

/** What the coordinator says to a member of the crew, beside its rows. */
export type ToMember =
  | { readonly say: 'configure'; readonly spec: unknown }
  | { readonly say: 'finish' }

/** What a member answers: always exactly one answer to one message or row. */
export type FromMember =
  | { readonly say: 'ready'; readonly inputs: readonly Slot[]; readonly outputs: readonly Slot[] }
  | { readonly say: 'finished'; readonly value: unknown }
  | { readonly say: 'failed'; readonly error: ErrorReport }

/** One role in a process of its own. */
export interface Member {
  readonly name: string
  readonly processId: number
  readonly inputs: readonly Slot[]
  readonly outputs: readonly Slot[]
  /** What the next turn hands over: filled in by the coordinator, the same memory every bar. */
  readonly taken: Pick<RowFrame, 'rows' | 'values'>
  /** What the last turn made: whole until the next one. */
  readonly made: Pick<RowFrame, 'rows' | 'values'>
  turn(row: RoleRow): Promise<void>
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
  const child = fork(of.workerFile, [], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'ipc'] })
  const answers = openAnswers(child, of)
  const ask = (message: ToMember): Promise<FromMember | undefined> => answers.after(() => child.send(message))
  const ready = await ask({ say: 'configure', spec: of.spec })
  if (ready?.say !== 'ready') throw new Error(`${of.name} answered ${ready?.say} to configure`)
  const taken = createRowFrame(ready.inputs)
  const made = createRowFrame(ready.outputs)
  const pipe = child.stdio[ROW_PIPE] as Duplex
  // A member that has died is told of by its exit, which says why.
  pipe.on('error', () => undefined)
  receive(pipe, made, answers.came)
  return {
    name: of.name,
    processId: child.pid ?? 0,
    inputs: ready.inputs,
    outputs: ready.outputs,
    taken, made,
    turn: async (row) => {
      taken.stamp(row)
      await answers.after(() => pipe.write(taken.bytes))
      if (made.row().t !== row.t) throw new Error(`${of.name} answered row ${made.row().t} to row ${row.t}`)
    },
    finish: async () => {
      pipe.end()
      const answer = await ask({ say: 'finish' })
      if (answer?.say !== 'finished') throw new Error(`${of.name} answered ${answer?.say} to finish`)
      return answer.value
    },
    dismiss: () => child.kill('SIGKILL'),
  }
}

/** Gathers what arrives into the frame, and tells whenever it is whole. */
function receive(pipe: Duplex, frame: RowFrame, whole: () => void): void {
  let got = 0
  pipe.on('data', (chunk: Buffer) => {
    frame.bytes.set(chunk, got)
    got += chunk.length
    if (got < frame.bytes.length) return
    got = 0
    whole()
  })
}

interface Answers {
  /** Does something that is answered, and waits for what comes of it: undefined for a row. */
  after(say: () => void): Promise<FromMember | undefined>
  /** A row has come. */
  came(): void
}

/** One question at a time, each answered, failed, timed out or ended by the process's death. */
function openAnswers(child: ChildProcess, of: MemberSpec): Answers {
  let waiting: { resolve(answer: FromMember | undefined): void; reject(error: Error): void } | undefined
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
  return {
    came: () => settle((waiter) => waiter.resolve(undefined)),
    after: (say) => new Promise((resolve, reject) => {
      if (gone !== undefined) {
        reject(gone)
        return
      }
      waiting = { resolve, reject }
      timer = setTimeout(() => {
        settle((waiter) => waiter.reject(timedOut(of)))
        child.kill('SIGKILL')
      }, of.timeoutMs)
      say()
    }),
  }
}

function timedOut(of: MemberSpec): MillraceError {
  return new MillraceError({
    code: 'WORKER_TIMEOUT',
    message: `the lockstep process ${of.name} was silent for ${of.timeoutMs} ms`,
    where: of.name,
    hint: 'run the experiment staged to find and isolate the culprit',
  })
}
