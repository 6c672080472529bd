import { readdirSync, readFileSync } from 'node:fs'
import { systemClock } from '../src/base/clock.ts'
import { proportionalSetSize } from '../src/pool/memory-meter.ts'

export const MIB = 2 ** 20

/** What a set of processes occupied (summed PSS), by the seconds since it was first looked at. */
export type MemoryOverTime = readonly (readonly [seconds: number, mebibytes: number])[]

/** A process and all its descendants; none where the system does not tell. */
export function treeOf(processId: number): number[] {
  const found = [processId]
  for (let i = 0; i < found.length; i++) found.push(...childrenOf(found[i]))
  return found
}

function childrenOf(processId: number): number[] {
  try {
    const tasks = `/proc/${processId}/task`
    return readdirSync(tasks).flatMap((task) => (readFileSync(`${tasks}/${task}/children`, 'utf8').match(/\d+/g) ?? []).map(Number))
  } catch {
    return []
  }
}

/** Mebibytes of summed proportional set size: pages that processes share count once. */
export function summedMiB(processIds: readonly number[]): number {
  return processIds.reduce((sum, id) => sum + proportionalSetSize(id), 0) / MIB
}

/** Looks at what processes occupy, again and again until stopped. */
export function watchMemory(processIds: () => readonly number[], everyMs: number): { stop(): MemoryOverTime } {
  const started = systemClock.monotonic()
  const seen: [number, number][] = []
  const look = (): void => void seen.push([(systemClock.monotonic() - started) / 1000, summedMiB(processIds())])
  const timer = setInterval(look, everyMs)
  look()
  return {
    stop: () => {
      clearInterval(timer)
      return seen
    },
  }
}

export function peakOf(memory: MemoryOverTime): number {
  return Math.max(...memory.map(([, mebibytes]) => mebibytes))
}
