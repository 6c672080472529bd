import type { PortfolioGroup } from '../experiment/experiment.ts'
import type { KernelShares } from '../lineup/kernel-choice.ts'
import { BLOCK_CACHE_BYTES, LEAST_BLOCK_ROWS } from './block-rows.ts'

/** What the members of a piece of work cost: what the core plan sizes tasks by. */
export interface MemberLoad {
  /** Milliseconds of a core for a member, and for a task whatever its members: being sent, reading its inputs, storing. */
  readonly msPerMember: number
  readonly msPerTask: number
  /** Memory that a worker holds for a task, and for each of its members. */
  readonly heldBytesPerTask: number
  readonly heldBytesPerMember: number
  /** More in a task gain nothing; 1 where a member is an artefact of its own. */
  readonly mostPerTask: number
  /** Threads that a member alone can keep at work, each of which holds what a task holds; 1 if left out. */
  readonly mostThreads?: number
}

/** Rows and symbols of a market, and with them the size of every panel. */
export interface PanelSize {
  readonly rows: number
  readonly symbols: number
}

/** Portfolios of a group: all subscribe to its `signals`, or (`each`) neighbours to one of them, then to the next. */
export interface Subscriptions {
  readonly portfolios: number
  readonly signals: number
  readonly each: boolean
}

const KIB = 2 ** 10
const MIB = 2 ** 20
const FLOAT32_BYTES = 4
const FLOAT64_BYTES = 8

/** Size an artefact of panels is cut to. */
const CHUNK_BYTES = 16 * MIB
/** More panels than these in an artefact gain nothing, however small they are. */
const MOST_PANELS = 256
/** Portfolios beyond these gain nothing by going together: a task's own cost is below 5 % of theirs. */
const MOST_PORTFOLIOS = 2_500
/** Candidates of a walk-forward that are trained together on every machine: what is stored of them is known by all of them. */
export const CANDIDATES_PER_TRAINING = 250

/** Rows of a window that a task moves over what it reads and makes: it holds no more of a history. */
const ROWS_AT_HAND = 256
/** What is at hand of a member: inputs read, signals made, bytes waiting to be written. */
const COPIES = 3
/** Windows of the market, and what is gathered of an artefact before it is written. */
const TASK_BYTES = 4 * MIB
/** A runtime for models, and what it makes in between. */
const RUNTIME_BYTES = 200 * MIB
/** A model as it is read, as the runtime keeps it, and once more while it is made ready. */
const MODEL_COPIES = 3
/** Windows in one predict call: enough that the runtime's overhead vanishes, and so few that a model has calls for all threads. */
export const WINDOWS_PER_CALL = 1024
/** A thread of a model has a call to go on with when it has ended one. */
export const CALLS_PER_THREAD = 2
/** Of a call's windows: as they are gathered, and as its thread has them. */
const WINDOW_COPIES = 2
/** A portfolio in a batch: its configuration and name, and what a kernel knows of each symbol. */
const PORTFOLIO_BYTES = 8 * KIB
const BOOK_BYTES_PER_SYMBOL = 256
/** Of orders, fills and equity on their way to be stored: what the database may take, and whole columns between. */
const RECORDED_BYTES = 300 * MIB

/** Milliseconds, measured on a core of 2 GHz; only their proportions matter to the plan. */
const TASK_MS = 12
const READ_MS_PER_MIB = 2
const PLACE_NS_PER_CELL = 350
const FEATURE_NS_PER_CELL = 300
const STRATEGY_NS_PER_CELL = 150
const PREDICTION_NS = 3_500
const DECISION_NS_PER_CELL = 10_000
const ENSEMBLE_NS_PER_CELL = 1_000
const PORTFOLIO_MS = 0.15
const PLAIN_NS_PER_CELL = 15
const LONG_NS_PER_CELL = 30
const REFERENCE_NS_PER_CELL = 400
/**
 * How many times as long stage 4 takes for portfolios that the reference kernel steps: measured were 24 times with a hundred
 * symbols and 32 with one, reading and storing included, which both kernels have in common.
 */
export const REFERENCE_SLOWDOWN = Math.round(REFERENCE_NS_PER_CELL / PLAIN_NS_PER_CELL)
/** A twelfth of the cells has a row in a ledger. */
const RECORDED_NS_PER_CELL = 80
/** Opening ledgers, and what they begin and end with. */
const RECORDED_MS = 50
const NS_PER_MS = 1e6

function cellsOf({ rows, symbols }: PanelSize): number {
  return rows * symbols
}

/** Two at least: an artefact of one would be that member's own. */
function panelsPerChunk(bytes: number): number {
  return Math.max(2, Math.min(MOST_PANELS, Math.floor(CHUNK_BYTES / Math.max(1, bytes))))
}

/** Of a panel of so many columns, what a task has at hand. */
function heldBytes(columns: number): number {
  return ROWS_AT_HAND * columns * FLOAT64_BYTES
}

/** A feature of `columns` columns. */
export function featureLoad({ rows, columns }: { readonly rows: number; readonly columns: number }): MemberLoad {
  const bytes = rows * columns * FLOAT64_BYTES
  return {
    msPerMember: (rows * columns * FEATURE_NS_PER_CELL) / NS_PER_MS, msPerTask: TASK_MS,
    heldBytesPerTask: TASK_BYTES + COPIES * heldBytes(columns), heldBytesPerMember: 0, mostPerTask: panelsPerChunk(bytes),
  }
}

/** A strategy instance. */
export function strategyLoad(size: PanelSize): MemberLoad {
  const bytes = cellsOf(size) * FLOAT32_BYTES
  return {
    msPerMember: (cellsOf(size) * STRATEGY_NS_PER_CELL) / NS_PER_MS, msPerTask: TASK_MS,
    heldBytesPerTask: TASK_BYTES, heldBytesPerMember: COPIES * heldBytes(size.symbols), mostPerTask: panelsPerChunk(bytes),
  }
}

/** An ensemble or risk model: an artefact of its own. */
export function loneLoad(kind: 'ensemble' | 'risk', size: PanelSize): MemberLoad {
  const ns = { ensemble: ENSEMBLE_NS_PER_CELL, risk: DECISION_NS_PER_CELL }[kind]
  return {
    msPerMember: (cellsOf(size) * ns) / NS_PER_MS, msPerTask: TASK_MS,
    heldBytesPerTask: TASK_BYTES, heldBytesPerMember: COPIES * heldBytes(size.symbols), mostPerTask: 1,
  }
}

/** A model, whose file has at most `fileBytes` and whose windows have at most `windowLength` numbers. */
export function modelLoad(size: PanelSize & { readonly fileBytes: number; readonly windowLength: number }): MemberLoad {
  const callBytes = WINDOW_COPIES * (WINDOWS_PER_CALL + size.symbols) * size.windowLength * FLOAT32_BYTES
  return {
    msPerMember: (cellsOf(size) * PREDICTION_NS) / NS_PER_MS, msPerTask: TASK_MS,
    heldBytesPerTask: TASK_BYTES + RUNTIME_BYTES + MODEL_COPIES * size.fileBytes + CALLS_PER_THREAD * callBytes,
    heldBytesPerMember: COPIES * heldBytes(size.symbols), mostPerTask: 1, mostThreads: Math.ceil(cellsOf(size) / WINDOWS_PER_CALL),
  }
}

export interface PortfolioLoad extends PanelSize {
  /** Of all portfolios, in their order. */
  readonly subscriptions: readonly Subscriptions[]
  readonly isRecorded: boolean
  readonly kernels: KernelShares
  /** Signals are made where they are read. */
  readonly isFused?: boolean
}

/** A portfolio over so many rows. */
export function portfolioLoad(of: PortfolioLoad): MemberLoad {
  const cells = cellsOf(of)
  const { reference, long } = of.kernels
  const kernelNs = reference * REFERENCE_NS_PER_CELL + long * LONG_NS_PER_CELL + (1 - reference - long) * PLAIN_NS_PER_CELL
  const nsPerCell = kernelNs + (of.isRecorded ? RECORDED_NS_PER_CELL : 0)
  const readBytes = Math.min(CHUNK_BYTES, signalsInBatch(of.subscriptions, MOST_PORTFOLIOS) * cells * FLOAT32_BYTES)
  const signalBytes = LEAST_BLOCK_ROWS * of.symbols * FLOAT32_BYTES
  const turned = of.isFused === true ? signalsInBatch(of.subscriptions, MOST_PORTFOLIOS) / MOST_PORTFOLIOS : 0
  return {
    msPerMember: PORTFOLIO_MS + (cells * (nsPerCell + turned * STRATEGY_NS_PER_CELL)) / NS_PER_MS,
    msPerTask: TASK_MS + (of.isRecorded ? RECORDED_MS : 0) + (cells * PLACE_NS_PER_CELL) / NS_PER_MS + (readBytes / MIB) * READ_MS_PER_MIB,
    heldBytesPerTask: COPIES * (BLOCK_CACHE_BYTES + signalsInBatch(of.subscriptions, 1) * signalBytes) + (of.isRecorded ? RECORDED_BYTES : 0),
    heldBytesPerMember: COPIES * signalBytes + PORTFOLIO_BYTES + of.symbols * BOOK_BYTES_PER_SYMBOL,
    mostPerTask: MOST_PORTFOLIOS,
  }
}

/** All candidates that are trained together on one window of so many rows, or the one portfolio of a walk-forward. */
export function walkForwardLoad(of: PortfolioLoad & { readonly candidates: number }): MemberLoad {
  const load = portfolioLoad(of)
  return { ...load, msPerMember: of.candidates * load.msPerMember, heldBytesPerMember: of.candidates * load.heldBytesPerMember, mostPerTask: 1 }
}

/** What the portfolios of each group subscribe to. */
export function subscriptionsOf(groups: readonly Pick<PortfolioGroup, 'count' | 'each' | 'signals'>[]): Subscriptions[] {
  return groups.map(({ count, each, signals }) => ({ portfolios: count, signals: (each ?? signals).length, each: each !== null }))
}

/** Distinct signals that a batch of so many portfolios subscribes to, at most. */
export function signalsInBatch(groups: readonly Subscriptions[], batch: number): number {
  const inGroup = ({ portfolios, signals, each }: Subscriptions, some: number): number =>
    each ? Math.min(signals, some, Math.ceil((some * signals) / portfolios) + 1) : signals
  let most = 0
  groups.forEach((_, start) => {
    let room = batch
    let found = 0
    for (let g = start; g < groups.length && room > 0; g++) {
      const some = Math.min(room, groups[g].portfolios)
      if (some > 0) found += inGroup(groups[g], some)
      room -= some
    }
    most = Math.max(most, found)
  })
  return most
}
