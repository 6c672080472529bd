import { DefaultRenderer, Listr, ListrLogger, ProcessOutput, type ListrTask } from 'listr2'
import { systemClock } from '../base/clock.ts'
import type { Phase } from '../stages/observer.ts'
import { barText, countFailures, timingText, toRun, type ProgressView } from './progress.ts'

/** The bars are drawn on stderr, so it does not matter whether stdout is a terminal too. */
class StderrRenderer extends DefaultRenderer {
  static override nonTTY = true
}

interface Wrapper {
  title: string
}

/** One line of the view: a promise that ends with its phase, and the title it shows. */
interface Line {
  readonly ended: Promise<void>
  readonly settle: { readonly resolve: () => void; readonly reject: (error: Error) => void }
  startedAt: number
  title: string
  wrapper: Wrapper | undefined
}

/** Nested bars on a terminal: the run, and below it its stages with rates and time left. */
export function createBars(name: string): ProgressView {
  const clock = systemClock
  const failures = countFailures()
  const lines = new Map<Phase | 'run', Line>()
  let finished = Promise.resolve()
  let total = 0
  let finishedBefore = 0

  const open = (phase: Phase | 'run'): Line => {
    let settle: Line['settle'] = { resolve: () => undefined, reject: () => undefined }
    const ended = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject }
    })
    ended.catch(() => undefined)
    const line = { ended, settle, startedAt: clock.monotonic(), title: phase === 'run' ? name : phase, wrapper: undefined }
    lines.set(phase, line)
    return line
  }
  const retitle = (phase: Phase | 'run', title: string): void => {
    const line = lines.get(phase)
    if (line === undefined) return
    line.title = title
    if (line.wrapper !== undefined) line.wrapper.title = title
  }
  const showOverall = (done: number): void => {
    const run = lines.get('run')
    if (run !== undefined && total > 0) retitle('run', `${name}  ${barText({ done, total, elapsedMs: clock.monotonic() - run.startedAt })}`)
  }
  const show = (task: Task): void => {
    finished = startList(task)
  }

  return {
    planned: (plan) => {
      total = toRun(plan)
      finishedBefore = 0
      open('run')
      const stages = plan.map(({ stage }) => [stage, open(stage)] as const)
      show({
        title: name,
        task: (_, wrapper) => {
          const run = lines.get('run')
          if (run !== undefined) run.wrapper = wrapper
          return wrapper.newListr(stages.map(([stage, line]) => follow(stage, line)))
        },
      })
    },
    stageStarted: (stage) => {
      const line = lines.get(stage)
      if (line === undefined) show(follow(stage, open(stage)))
      else line.startedAt = clock.monotonic()
    },
    stageProgress: (stage, { done, total: of }) => {
      const line = lines.get(stage)
      if (line === undefined) return
      retitle(stage, `${stage}  ${barText({ done, total: of, elapsedMs: clock.monotonic() - line.startedAt })}`)
      showOverall(finishedBefore + done)
    },
    stageFinished: (stage, timing) => {
      finishedBefore += timing.made
      showOverall(finishedBefore)
      retitle(stage, timingText(timing, failures.of(stage)))
      lines.get(stage)?.settle.resolve()
    },
    failed: failures.add,
    settled: () => finished,
    end: async () => {
      for (const line of lines.values()) line.settle.reject(new Error('stopped'))
      await finished
    },
  }
}

type Task = ListrTask<unknown, typeof StderrRenderer>

function follow(stage: Phase, line: Line): Task {
  return {
    title: stage,
    task: async (_, wrapper): Promise<void> => {
      line.wrapper = wrapper
      wrapper.title = line.title
      await line.ended
    },
  }
}

/** Draws on stderr; never takes signals over, and never throws. */
function startList(task: Task): Promise<void> {
  const list = new Listr<unknown, typeof StderrRenderer>(task, {
    renderer: StderrRenderer,
    fallbackRendererCondition: false,
    registerSignalListeners: false,
    rendererOptions: {
      collapseSubtasks: false,
      showErrorMessage: false,
      formatOutput: 'truncate',
      logger: new ListrLogger({ useIcons: true, processOutput: new ProcessOutput(process.stderr, process.stderr, { leaveEmptyLine: false }) }),
    },
  })
  return list.run().then(
    () => undefined,
    () => undefined,
  )
}

