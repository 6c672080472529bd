import { tell } from './output.ts'
import { countFailures, timingText } from './progress-text.ts'
import type { ProgressView } from './progress-view.ts'

/** Bars where a person looks on, a line per stage in a log, nothing where it is not wanted. */
export async function openProgress(options: { readonly silent: boolean; readonly name: string }): Promise<ProgressView> {
  if (options.silent) return { settled: () => Promise.resolve(), end: () => Promise.resolve() }
  if (!process.stderr.isTTY || !(process.stderr.columns > 0)) return createLines()
  const { createBars } = await import('./progress-bars.ts')
  return createBars(options.name)
}

function createLines(): ProgressView {
  const failures = countFailures()
  return {
    stageFinished: (stage, timing) => tell(timingText(timing, failures.of(stage))),
    failed: failures.add,
    settled: () => Promise.resolve(),
    end: () => Promise.resolve(),
  }
}
