import { readFileSync } from 'node:fs'

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

/** Samples `processIds()` every `intervalMs` until stopped. */
export function startMemoryMeter(processIds: () => readonly number[], intervalMs = 500): MemoryMeter {
  let peak = 0
  const sample = () => {
    const sum = processIds().reduce((total, processId) => total + proportionalSetSize(processId), 0)
    peak = Math.max(peak, sum)
  }
  const timer = setInterval(sample, intervalMs)
  timer.unref()
  return {
    peak: () => {
      sample()
      return peak
    },
    reset: () => {
      peak = 0
    },
    stop: () => clearInterval(timer),
  }
}
