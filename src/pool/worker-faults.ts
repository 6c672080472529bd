import { MillraceError } from '../base/errors.ts'
import type { ErrorReport } from '../base/errors.ts'
import type { Task } from './pool.ts'

const LINES_SHOWN = 3

/** WORKER_CRASHED: how the process ended and the last lines it wrote that say why. */
export function crashReport(task: Task, death: { ending: string; lastWords: string }): ErrorReport {
  const outOfMemory = death.lastWords.includes('heap out of memory')
  const message = outOfMemory
    ? `the worker process ran out of memory (${death.ending})`
    : [`the worker process ended with ${death.ending}`, ...tellingLines(death.lastWords)].join(': ')
  return report({ code: 'WORKER_CRASHED', message, where: task.id, hint: hintFor(death.ending, outOfMemory) })
}

export function timeoutReport(task: Task, timeoutMs: number): ErrorReport {
  return report({
    code: 'WORKER_TIMEOUT',
    message: `the worker process was silent for ${timeoutMs / 1000} s and was killed`,
    where: task.id,
    hint: 'look for an endless loop, or allow more time',
  })
}

/** What a run is rejected with when its pool closes: the task neither failed nor finished. */
export function poolClosed(): MillraceError {
  return new MillraceError({ code: 'INTERRUPTED', message: 'the worker pool was closed before the task ended', hint: 'run the experiment again: it resumes' })
}

function report(problem: ErrorReport['problems'][number]): ErrorReport {
  return { problems: [problem], total: 1 }
}

function hintFor(ending: string, outOfMemory: boolean): string {
  if (outOfMemory) return 'use smaller batches, fewer workers or a larger heap per worker'
  if (ending === 'signal SIGKILL') return 'nobody but the system kills like this: it was probably short of memory; use fewer workers'
  return 'a step, a model or a native library ended the process; run it alone to see more'
}

/** Node shows the source line of an uncaught error between its place and a row of carets. */
const SOURCE_EXCERPT = /^.*:\d+\n.*\n\s*\^+$/gm

/** Of a stderr text the last lines that name a fault: no stack frames, no source excerpts, no Node banner. */
function tellingLines(text: string): string[] {
  const lines = text.replace(SOURCE_EXCERPT, '').split('\n').map((line) => line.trim())
  const telling = lines.filter((line) => /[A-Za-z]/.test(line) && !/^(at |Node\.js v|node:|\d+: |-----)/.test(line))
  const named = telling.filter((line) => /error|fatal|abort|fault|exception/i.test(line))
  return (named.length > 0 ? named : telling).slice(-LINES_SHOWN)
}
