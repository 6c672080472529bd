import type { Clock } from '../base/clock.ts'
import type { Phase, StageObserver } from './observer.ts'

/** Who is told of stages, and what they are measured with. */
export interface StageWatch {
  readonly observer: StageObserver
  readonly clock: Clock
  readonly memoryMeter?: { peak(): number; reset(): void }
}

/** Tells that a stage starts; what this gives tells that it has finished, and what it took. */
export function startStage(
  { observer, clock, memoryMeter }: StageWatch, stage: Phase, of: { readonly total: number; readonly cached: number },
): (done: { readonly made: number; readonly cpuMs: number }) => void {
  const startedAt = new Date(clock.now()).toISOString()
  const started = clock.monotonic()
  memoryMeter?.reset()
  observer.stageStarted?.(stage, of)
  return ({ made, cpuMs }) => observer.stageFinished?.(stage, {
    stage, startedAt, wallMs: clock.monotonic() - started, cpuMs, made, cached: of.cached, peakMemoryBytes: memoryMeter?.peak() ?? 0,
  })
}
