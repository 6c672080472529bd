import { MillraceError } from '../base/errors.ts'
import { BLOCK_CACHE_BYTES, blockRowBytes, blockRows } from './block-rows.ts'
import { portfolioLoad, signalsInBatch, type MemberLoad, type PanelSize, type PortfolioLoad, type Subscriptions } from './member-load.ts'
import type { StageName } from './stage-work.ts'

/** What a run may use of a machine. */
export interface Machine {
  /** Processes that run at once. */
  readonly cores: number
  /** Memory that all processes of the run may occupy together. */
  readonly memoryBytes: number
}

/** Sizes that somebody has decided; the plan decides the others. */
export interface Overrides {
  readonly workers?: number
  readonly portfoliosPerBatch?: number
  /** 16..256 */
  readonly rowsPerBlock?: number
  /** Whether signals are stored, or made where portfolios read them. */
  readonly signals?: 'stored' | 'fused'
}

/** Members that can be made at once, those left out that are stored already. */
export interface Level {
  readonly stage: StageName
  readonly members: number
  readonly load: MemberLoad
  /** One after the other, each in a process of its own whose threads have all cores. */
  readonly isolated: boolean
}

/** What a run is going to make. */
export interface PlannedLoad extends PanelSize {
  readonly levels: readonly Level[]
  /** Portfolios whose results the coordinator keeps an eye on, stored ones too. */
  readonly portfolios: number
  readonly subscriptions: readonly Subscriptions[]
}

/** How a level is cut into tasks, and how many processes take them. */
export interface LevelPlan {
  readonly stage: StageName
  readonly members: number
  readonly membersPerTask: number
  readonly tasks: number
  readonly workers: number
  /** Of each task. */
  readonly threads: number
  /** Of all its tasks at hand, beside what the processes occupy themselves. */
  readonly memoryBytes: number
  /** Why so many in a task, in words. */
  readonly reason: string
}

/** What the tasks of a level may use. */
export interface Share {
  readonly workers: number
  readonly memoryBytes: number
  readonly overrides: Overrides
}

/** Processes, tasks and blocks of a run. No result depends on it. */
export interface CorePlan {
  readonly machine: Machine
  /** Most processes beside the coordinator. */
  readonly workers: number
  readonly workersReason: string
  readonly levels: readonly LevelPlan[]
  /** Threads of a model, which runs alone and has a copy of its own in each. */
  readonly modelThreads: number
  /** Rows that a kernel reads at once, for all portfolios of a batch. */
  readonly rowsPerBlock: number
  readonly rowsPerBlockReason: string
  /** Most memory of all processes together. */
  readonly memoryBytes: number
  readonly share: Share
}

const MIB = 2 ** 20
/** A process of Millrace with its code and the garbage of its work, and the coordinator's entry for a portfolio. */
const PROCESS_BYTES = 100 * MIB
const ENTRY_BYTES = 64
/** Room for a task below which another worker is not worth its process. */
const LEAST_TASK_BYTES = 32 * MIB
/** A worker's tasks stay below this, whatever the machine has: V8 gives a process a heap of 2 to 4 GiB. */
const MOST_TASK_BYTES = 1_024 * MIB
/** Of lockstep: the coordinator, features, and risk. */
const LONE_ROLES = 3
/** Tasks a worker takes one after the other, so that one that takes longer is made up for: more gain nothing. */
const MOST_ROUNDS = 32
/** Of a task's time, what it takes whatever its members. */
const OWN_SHARE = 0.05
/** Of what a task takes whatever its members, how long these have to take for another worker to be worth it. */
const LEAST_WORK = 0.5
/** Of a task's time, how much longer the last one may take than is expected. */
const STRAGGLING = 0.25

/** Decides every size of a run: pure, so that a plan for any machine can be made on any other. */
export function planCores(machine: Machine, load: PlannedLoad, overrides: Overrides = {}): CorePlan {
  const coordinator = PROCESS_BYTES + load.portfolios * ENTRY_BYTES
  const byMemory = Math.max(1, Math.floor((machine.memoryBytes - coordinator) / (PROCESS_BYTES + LEAST_TASK_BYTES)))
  const most = overrides.workers ?? Math.min(machine.cores, byMemory)
  const share: Share = { workers: most, memoryBytes: Math.max(0, machine.memoryBytes - coordinator - most * PROCESS_BYTES), overrides }
  const levels = load.levels.filter(({ members }) => members > 0).map((level) => planLevel(level, share))
  const workers = Math.max(1, ...levels.map((level) => level.workers))
  return {
    machine, workers, levels, share,
    workersReason: workers < most ? 'there is no work for more' : overrides.workers !== undefined ? 'as asked for' : byMemory < machine.cores ? 'memory holds no more' : 'one per core',
    modelThreads: Math.max(1, ...levels.map((level) => level.threads)),
    ...planBlocks(load, levels, overrides),
    memoryBytes: coordinator + (overrides.workers ?? workers) * PROCESS_BYTES + Math.max(0, ...levels.map((level) => level.memoryBytes)),
  }
}

function planBlocks(
  { symbols, subscriptions }: PlannedLoad, levels: readonly LevelPlan[], { rowsPerBlock }: Overrides,
): Pick<CorePlan, 'rowsPerBlock' | 'rowsPerBlockReason'> {
  if (rowsPerBlock !== undefined) return { rowsPerBlock, rowsPerBlockReason: 'as asked for' }
  const batch = Math.max(1, ...levels.filter(({ stage }) => stage === 'portfolios').map(({ membersPerTask }) => membersPerTask))
  const inputs = { symbols, signals: signalsInBatch(subscriptions, batch) }
  const rows = blockRows(inputs)
  const fits = rows * blockRowBytes(inputs) <= BLOCK_CACHE_BYTES
  return { rowsPerBlock: rows, rowsPerBlockReason: fits ? 'a core’s cache holds what a batch reads of them' : 'fewer would not pay, though they do not fit a core’s cache' }
}

/** Cuts a level into tasks that end together, none of which is mostly its own cost or more than memory holds. */
export function planLevel(level: Level, share: Share): LevelPlan {
  const { stage, members, load, isolated } = level
  const asked = stage === 'portfolios' ? share.overrides.portfoliosPerBatch : undefined
  const least = heldBytes(load, Math.min(members, asked ?? 1))
  const lanes = Math.max(1, Math.min(share.workers, Math.floor(share.memoryBytes / least)))
  const workers = isolated ? 1 : lanes
  const threads = isolated ? Math.max(1, Math.min(lanes, load.mostThreads ?? 1)) : 1
  const room = Math.min(share.memoryBytes / workers, MOST_TASK_BYTES) - load.heldBytesPerTask
  const byMemory = Math.max(1, Math.floor(room / Math.max(1, load.heldBytesPerMember)))
  const most = Math.min(load.mostPerTask, byMemory)
  const cut = asked === undefined ? evenTasks(level, { workers, most }) : { membersPerTask: asked, isFull: false }
  const { membersPerTask } = cut
  const tasks = Math.ceil(members / membersPerTask)
  const busy = Math.min(workers, tasks)
  return {
    stage, members, membersPerTask, tasks, workers: busy, threads,
    memoryBytes: busy * threads * heldBytes(load, Math.min(members, membersPerTask)),
    reason: asked === undefined ? reasonOf({ ...cut, level, tasks, workers, threads, share, isByMemory: byMemory < load.mostPerTask }) : 'as asked for',
  }
}

function heldBytes({ heldBytesPerTask, heldBytesPerMember }: MemberLoad, members: number): number {
  return heldBytesPerTask + members * heldBytesPerMember
}

interface EvenTasks {
  readonly membersPerTask: number
  /** No more may go in a task, or there would be fewer tasks. */
  readonly isFull: boolean
}

/**
 * Members of a task: the same number of tasks for every worker, as many as end earliest if the last of them takes
 * longer than the others. A second task each only where tasks' own cost stays small; a worker less where it would mostly
 * do what a task costs anyway.
 */
function evenTasks({ members, load }: Level, { workers, most }: { workers: number; most: number }): EvenTasks {
  const { msPerMember, msPerTask } = load
  const work = members * msPerMember
  const busy = Math.max(1, Math.min(workers, Math.floor(work / (LEAST_WORK * msPerTask))))
  const fewest = Math.ceil(members / (most * busy))
  const rounds = Math.max(fewest, Math.min(MOST_ROUNDS, Math.floor((OWN_SHARE * work) / (busy * msPerTask))))
  let best = { membersPerTask: most, isFull: true, ms: Infinity }
  for (let round = fewest; round <= rounds; round++) {
    const membersPerTask = Math.ceil(members / (round * busy))
    const turns = Math.ceil(Math.ceil(members / membersPerTask) / busy)
    const ms = (turns + STRAGGLING) * (msPerTask + membersPerTask * msPerMember)
    if (ms < best.ms) best = { membersPerTask, isFull: round === fewest && fewest > 1, ms }
  }
  return best
}

interface Cut extends EvenTasks {
  readonly level: Level
  readonly tasks: number
  readonly workers: number
  readonly threads: number
  readonly share: Share
  readonly isByMemory: boolean
}

function reasonOf({ level, membersPerTask, isFull, tasks, workers, threads, share, isByMemory }: Cut): string {
  const { stage, load: { mostPerTask }, isolated } = level
  if (isolated) return `one after the other, each in a process of its own with ${threads === 1 ? 'one thread' : `${threads} threads`}`
  if (workers < share.workers) return `memory holds the tasks of ${workers} at a time`
  if (mostPerTask === 1) return 'each is an artefact of its own'
  if (stage === 'portfolios' && membersPerTask === 1 && tasks <= workers) return 'a process each'
  if (isFull) return isByMemory ? 'memory holds no more' : 'more in a task gain nothing'
  if (tasks < workers) return 'too little work for more tasks'
  const rounds = Math.ceil(tasks / workers)
  return rounds === 1 ? 'one for each worker' : `${rounds} for each worker, so that all end together`
}

/**
 * Refuses a plan that needs more memory than the run may use even at its smallest.
 * @throws MillraceError PLAN_TOO_LARGE
 */
export function checkMemory(plan: CorePlan, { allowLarge }: { readonly allowLarge: boolean }): void {
  if (allowLarge || plan.memoryBytes <= plan.machine.memoryBytes) return
  const { workers, portfoliosPerBatch } = plan.share.overrides
  const asked = [workers === undefined ? '' : '--workers', portfoliosPerBatch === undefined ? '' : '--batch'].filter((option) => option !== '')
  throw new MillraceError({
    code: 'PLAN_TOO_LARGE',
    message: `the processes of this run need about ${inMib(plan.memoryBytes)} MiB of memory and may use ${inMib(plan.machine.memoryBytes)} MiB`,
    where: '--memory', value: Math.floor(plan.machine.memoryBytes / MIB),
    hint: `${asked.length === 0 ? '' : `leave out ${asked.join(' and ')}, `}allow more by --memory, or pass --allow-large`,
  })
}

function inMib(bytes: number): string {
  return Math.ceil(bytes / MIB).toLocaleString('en-US')
}

/** Processes and batches of the lockstep driver, which holds all portfolios at once. */
export interface LockstepPlan {
  /** For strategies, and as many for portfolios. */
  readonly workers: number
  readonly workersReason: string
  readonly portfoliosPerBatch: number
  readonly memoryBytes: number
}

/** A batch for each process: nobody waits for whole batches, and everything waits for the slowest process. */
export function planLockstep({ machine, share }: CorePlan, of: PortfolioLoad & { readonly portfolios: number; readonly models: number }): LockstepPlan {
  const { overrides } = share
  const workers = overrides.workers ?? machine.cores
  const { heldBytesPerMember } = portfolioLoad(of)
  return {
    workers,
    workersReason: overrides.workers === undefined ? 'one per core' : 'as asked for',
    portfoliosPerBatch: overrides.portfoliosPerBatch ?? Math.max(1, Math.ceil(of.portfolios / workers)),
    memoryBytes: (2 * workers + of.models + LONE_ROLES) * PROCESS_BYTES + of.portfolios * heldBytesPerMember,
  }
}
