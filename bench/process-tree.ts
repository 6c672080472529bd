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

/** Looks again and again until stopped, and at once. */
function watch<T>(look: () => T, everyMs: number): { stop(): readonly T[] } {
  const seen = [look()]
  const timer = setInterval(() => seen.push(look()), everyMs)
  return {
    stop: () => {
      clearInterval(timer)
      return seen
    },
  }
}

/** Looks at what processes occupy. */
export function watchMemory(processIds: () => readonly number[], everyMs: number): { stop(): MemoryOverTime } {
  const started = systemClock.monotonic()
  return watch(() => [(systemClock.monotonic() - started) / 1000, summedMiB(processIds())] as const, everyMs)
}

/** CPU seconds that a set of processes and all their descendants have used, by the wall clock (ms since the epoch). */
export type CpuOverTime = readonly (readonly [atMs: number, cpuSeconds: number])[]

/** Clock ticks a second, as Linux tells of processes on every machine in use. */
const TICKS = 100

/** User and system time of one process, in seconds; undefined when it is gone. */
function cpuSecondsOf(processId: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS
  } catch {
    return undefined
  }
}

/** Looks at what processes have used of the cores; what an ended one has used stays. */
export function watchCpu(processIds: () => readonly number[], everyMs: number): { stop(): CpuOverTime } {
  const used = new Map<number, number>()
  return watch(() => {
    for (const id of processIds()) used.set(id, cpuSecondsOf(id) ?? used.get(id) ?? 0)
    return [systemClock.now(), [...used.values()].reduce((sum, seconds) => sum + seconds, 0)] as const
  }, everyMs)
}

/** CPU seconds used between two times, which lie between looks. */
export function cpuBetween(cpu: CpuOverTime, [from, to]: readonly [fromMs: number, toMs: number]): number {
  const at = (time: number): number => {
    const after = cpu.findIndex(([atMs]) => atMs >= time)
    if (after <= 0) return cpu[after < 0 ? cpu.length - 1 : 0][1]
    const [[earlier, before], [later, then]] = [cpu[after - 1], cpu[after]]
    return before + ((then - before) * (time - earlier)) / (later - earlier)
  }
  return at(to) - at(from)
}

export function peakOf(memory: MemoryOverTime): number {
  return Math.max(...memory.map(([, mebibytes]) => mebibytes))
}
