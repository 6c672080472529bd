import { readFileSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'

/** Measures what a set of processes really occupies: their summed proportional set size (shared pages once). */
export interface MemoryMeter {
  /** Largest sum seen since the last reset, in bytes; 0 where the system does not tell. */
  peak(): number
  reset(): void
  stop(): void
}

const KIB = 1024

/** Proportional set size of one process in bytes (Linux: /proc/<pid>/smaps_rollup); 0 when unknown or gone. */
export function proportionalSetSize(processId: number): number {
  try {
    const rollup = readFileSync(`/proc/${processId}/smaps_rollup`, 'utf8')
    return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * KIB
  } catch {
    return 0
  }
}

const INTERVAL_MS = 500
/** The system looks at every page of a process, and lets it wait meanwhile: no more than a hundredth of the time. */
const REST = 100

/** Samples `processIds()` twice a second, or as often as that takes little of the time, until stopped. */
export function startMemoryMeter(processIds: () => readonly number[], clock: Clock): MemoryMeter {
  let peak = 0
  const sample = () => {
    const sum = processIds().reduce((total, processId) => total + proportionalSetSize(processId), 0)
    peak = Math.max(peak, sum)
  }
  let timer: NodeJS.Timeout
  const goOn = (afterMs: number): void => {
    timer = setTimeout(() => {
      const started = clock.monotonic()
      sample()
      goOn(Math.max(INTERVAL_MS, REST * (clock.monotonic() - started)))
    }, afterMs).unref()
  }
  goOn(INTERVAL_MS)
  return {
    peak: () => {
      sample()
      return peak
    },
    reset: () => {
      peak = 0
    },
    stop: () => clearTimeout(timer),
  }
}
