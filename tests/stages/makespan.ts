import { createCounterRandom } from '../../src/base/counter-random.ts'
import type { CorePlan, Level, PlannedLoad } from '../../src/stages/core-plan.ts'

/** What a simulated machine takes for what a plan does not look at. */
export interface Pace {
  /** A member takes 1 ± this much of what it is expected to. */
  readonly spread: number
  /** Milliseconds of the coordinator, who is one, to send a task and note what came of it, and for each of its members. */
  readonly coordinatorMs: { readonly task: number; readonly member: number }
  /** Milliseconds of a worker before its first task. */
  readonly startMs: number
  readonly seed: string
}

export interface Simulated {
  readonly ms: number
  /** Of the time that all cores have, what members took. */
  readonly efficiency: number
}

/**
 * Runs a plan on paper, level by level: a task goes to the first worker that is free and costs what its load says.
 * The coordinator makes tasks ready one after the other, one more than there are workers.
 */
export function simulate(plan: CorePlan, load: PlannedLoad, pace: Pace): Simulated {
  const random = createCounterRandom(pace.seed)
  let draws = 0
  let now = 0
  let worked = 0
  const started = new Set<number>()
  const levels = load.levels.filter(({ members }) => members > 0)
  levels.forEach((level, index) => {
    const { workers, membersPerTask } = plan.levels[index]
    const free = new Float64Array(workers).fill(now)
    const lanes = new Float64Array(workers + (level.isolated ? 0 : 1)).fill(now)
    let coordinatorFree = now
    for (let from = 0; from < level.members; from += membersPerTask) {
      const members = Math.min(membersPerTask, level.members - from)
      const worker = earliest(free)
      const lane = earliest(lanes)
      coordinatorFree = Math.max(coordinatorFree, lanes[lane]) + pace.coordinatorMs.task + members * pace.coordinatorMs.member
      const ms = members * level.load.msPerMember * (1 + pace.spread * (2 * random.uniform(draws++, 0) - 1)) * shareOfCores(level, plan)
      worked += ms * (level.isolated ? plan.modelThreads : 1)
      free[worker] = Math.max(coordinatorFree, free[worker]) + (started.has(worker) ? 0 : pace.startMs) + level.load.msPerTask + ms
      lanes[lane] = free[worker]
      started.add(worker)
    }
    now = Math.max(...free)
  })
  return { ms: now, efficiency: worked / (now * plan.machine.cores) }
}

function earliest(times: Float64Array): number {
  let first = 0
  for (let i = 1; i < times.length; i++) if (times[i] < times[first]) first = i
  return first
}

/** A model has all cores to itself. */
function shareOfCores({ isolated }: Level, { modelThreads }: CorePlan): number {
  return isolated ? 1 / modelThreads : 1
}
