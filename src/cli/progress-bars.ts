import { DefaultRenderer, Listr, ListrLogger, ProcessOutput, type ListrTask } from 'listr2'
import { systemClock } from '../base/clock.ts'
import type { Phase } from '../stages/observer.ts'
import { formatDuration } from './figures.ts'
import { barText, countFailures, shareText, timingText, toRun } from './progress-text.ts'
import type { ProgressView } from './progress-view.ts'

/** The bars are drawn on stderr, so it does not matter whether stdout is a terminal too. */
class StderrRenderer extends DefaultRenderer {
  static override nonTTY = true
}

type Task = ListrTask<unknown, typeof StderrRenderer>

/** One line of the view, drawn from when its task starts until it is ended. */
class Line {
  #title: string
  #drawn: { title: string } | undefined
  #startedAt = systemClock.monotonic()
  #end: () => void = () => undefined
  #stop: (reason: Error) => void = () => undefined
  readonly #ended: Promise<void>

  constructor(title: string) {
    this.#title = title
    this.#ended = new Promise((resolve, reject) => {
      this.#end = resolve
      this.#stop = reject
    })
    this.#ended.catch(() => undefined)
  }

  get elapsedMs(): number {
    return systemClock.monotonic() - this.#startedAt
  }

  start(): void {
    this.#startedAt = systemClock.monotonic()
  }

  show(title: string): void {
    this.#title = title
    if (this.#drawn !== undefined) this.#drawn.title = title
  }

  end(): void {
    this.#end()
  }

  /** Ended before it was done. */
  stop(): void {
    this.#stop(new Error('stopped'))
  }

  /** As a task of listr2: with others below it, or running until it is ended. */
  task(below?: readonly Line[]): Task {
    return {
      title: this.#title,
      task: (_, drawn) => {
        this.#drawn = drawn
        drawn.title = this.#title
        return below === undefined ? this.#ended : drawn.newListr(below.map((line) => line.task()))
      },
    }
  }
}

/** Nested bars on a terminal: the run, and below it its stages with rates and time left. */
export function createBars(name: string): ProgressView {
  const failures = countFailures()
  const lines = new Map<Phase, Line>()
  let run = new Line(name)
  let drawn = Promise.resolve()
  let total = 0
  let finished = 0

  const lineOf = (phase: Phase): Line => {
    const line = lines.get(phase) ?? new Line(phase)
    lines.set(phase, line)
    return line
  }
  const showRun = (done: number): void => {
    run.show(`${name}  ${done < total ? `${shareText(done / total)}  ` : ''}${formatDuration(run.elapsedMs)}`)
  }
  return {
    planned: (plan) => {
      total = toRun(plan)
      finished = 0
      run = new Line(name)
      lines.clear()
      drawn = draw(run.task(plan.map(({ stage }) => lineOf(stage))))
    },
    stageStarted: (stage) => {
      if (!lines.has(stage)) drawn = draw(lineOf(stage).task())
      lineOf(stage).start()
    },
    stageProgress: (stage, { done, total: of }) => {
      lineOf(stage).show(`${stage}  ${barText({ done, total: of, elapsedMs: lineOf(stage).elapsedMs })}`)
      showRun(finished + done)
    },
    stageFinished: (stage, timing) => {
      finished += timing.made
      showRun(finished)
      lineOf(stage).show(timingText(timing, failures.of(stage)))
      lineOf(stage).end()
    },
    failed: failures.add,
    settled: () => drawn,
    end: async () => {
      for (const line of lines.values()) line.stop()
      await drawn
    },
  }
}

/** Draws on stderr; never takes signals over, and never throws. */
function draw(task: Task): Promise<void> {
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
