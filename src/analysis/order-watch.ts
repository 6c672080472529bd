import type { MarketPanels } from '../domain/market-panels.ts'
import type { Cancellation, Fill, Order, OrderKind } from '../domain/order.ts'
import type { BookView, Kernel, KernelBlock, Recorder, TargetTrace } from '../kernel/kernel.ts'

/** The order in question: its symbol, the row it was decided in, and why it exists. */
export interface FollowedOrder {
  readonly symbol: number
  readonly decidedAt: number
  readonly kind: OrderKind
}

/** A book at one moment, as far as one symbol is concerned. Money in account currency. */
export interface BookMoment {
  readonly cash: number
  /** At the latest close. */
  readonly equity: number
  readonly quantity: number
  readonly entryPrice: number
  /** The latest close of the symbol. */
  readonly mark: number
}

/** A fill with the book around it. */
export interface WatchedFill {
  readonly fill: Fill
  readonly before: BookMoment
  readonly after: BookMoment
  /** Nothing else was booked between `before` and `after`. */
  readonly alone: boolean
}

/** What one order was made of and what became of it. */
export interface WatchedOrder {
  /** Null when the portfolio made no such order. */
  readonly order: Order | null
  /** Every symbol's trace of the decision in the order's row. */
  readonly traces: readonly TargetTrace[]
  /** When the order was decided: at the close, or before the bar for orders that no close decides. */
  readonly book: BookMoment
  readonly fills: readonly WatchedFill[]
  readonly cancellations: readonly Cancellation[]
  /** The order that brought the position in: that of the last increasing fill before. */
  readonly opened: FollowedOrder | null
}

/** Kinds of orders that come up inside a bar and fill at once: the book to look at is the one before the bar. */
const WITHIN_A_BAR: readonly OrderKind[] = ['stop-loss', 'take-profit', 'trailing-stop', 'delisting', 'split-cash', 'end-of-run']

export function isWithinABar(kind: OrderKind): boolean {
  return WITHIN_A_BAR.includes(kind)
}

interface Recorded {
  order: Order | null
  fills: Fill[]
  cancellations: Cancellation[]
  opened: FollowedOrder | null
}

export interface OrderWatch {
  readonly recorder: Recorder
  /** Steps `kernel` until nothing is left of the order. */
  run(kernel: Kernel, blocks: Iterable<KernelBlock>): WatchedOrder | undefined
}

/**
 * Watches one order of a single portfolio: blocks before it are turned by the fused loop, then bar by bar with
 * each of its fills settled by itself, so that the book before and after differ by that fill alone.
 */
export function watchOrder(followed: FollowedOrder, market: Pick<MarketPanels, 'instruments'>): OrderWatch {
  const recorded: Recorded = { order: null, fills: [], cancellations: [], opened: null }
  return {
    recorder: recordOf(followed, recorded),
    run: (kernel, blocks) => {
      const watched = stepThrough(kernel, blocks, { followed, recorded, symbols: market.instruments.length })
      return watched !== undefined && isSeen(recorded) ? { ...watched, ...recorded, fills: watched.fills } : undefined
    },
  }
}

function isSeen({ order, fills, cancellations }: Recorded): boolean {
  return order !== null || fills.length > 0 || cancellations.length > 0
}

/** What is recorded is scratch of the kernel's, so it is copied. */
function recordOf(followed: FollowedOrder, recorded: Recorded): Recorder {
  const matches = (event: FollowedOrder) =>
    event.symbol === followed.symbol && event.decidedAt === followed.decidedAt && event.kind === followed.kind
  return {
    order: (event) => {
      if (matches(event)) recorded.order = { ...event }
    },
    fill: (event) => {
      if (matches(event)) recorded.fills.push({ ...event })
      else if (event.symbol === followed.symbol && event.leg === 'increase' && !isSeen(recorded)) {
        recorded.opened = { symbol: event.symbol, decidedAt: event.decidedAt, kind: event.kind }
      }
    },
    cancellation: (event) => {
      if (matches(event)) recorded.cancellations.push({ ...event })
    },
  }
}

interface Stepping {
  readonly followed: FollowedOrder
  readonly recorded: Recorded
  readonly symbols: number
}

function stepThrough(
  kernel: Kernel,
  blocks: Iterable<KernelBlock>,
  of: Stepping,
): Pick<WatchedOrder, 'traces' | 'book'> & { fills: readonly WatchedFill[] } | undefined {
  const { followed, recorded } = of
  const fills: WatchedFill[] = []
  let decided: Pick<WatchedOrder, 'traces' | 'book'> | undefined
  for (const block of blocks) {
    const end = block.market.firstRow + block.market.rows
    if (end <= followed.decidedAt) {
      kernel.run(block)
      continue
    }
    for (let t = block.market.firstRow; t < end; t++) {
      const before = momentOf(kernel.book(0), followed.symbol)
      const marked = stepBar(kernel, block, { ...of, t, fills })
      if (t === followed.decidedAt) {
        const traces = Array.from({ length: of.symbols }, (_, n) => kernel.trace(0, n))
        decided = { traces, book: isWithinABar(followed.kind) ? before : marked }
      }
      const isDone = recorded.fills.length > 0 || recorded.cancellations.length > 0
      if (decided !== undefined && (isDone || !isSeen(recorded))) return { ...decided, fills }
    }
  }
  return decided === undefined ? undefined : { ...decided, fills }
}

/** One bar by the four verbs; gives the book as it was marked, before the decision. */
function stepBar(kernel: Kernel, block: KernelBlock, of: Stepping & { readonly t: number; readonly fills: WatchedFill[] }): BookMoment {
  const { followed, recorded, t } = of
  const watched = (act: () => void, alone: boolean): void => {
    const seen = recorded.fills.length
    const before = momentOf(kernel.book(0), followed.symbol)
    act()
    const after = momentOf(kernel.book(0), followed.symbol)
    for (const fill of recorded.fills.slice(seen)) of.fills.push({ fill, before, after, alone })
  }
  let executions = { fills: [] as readonly Fill[], cancellations: [] as readonly Cancellation[] }
  watched(() => {
    executions = kernel.open(block, t)
  }, false)
  for (const fill of executions.fills) watched(() => kernel.settle({ fills: [fill], cancellations: [] }), true)
  kernel.settle({ fills: [], cancellations: executions.cancellations })
  kernel.mark(block, t)
  const marked = momentOf(kernel.book(0), followed.symbol)
  watched(() => void kernel.decide(block, t), false)
  return marked
}

function momentOf(book: BookView, n: number): BookMoment {
  return { cash: book.cash, equity: book.equity, quantity: book.quantities[n], entryPrice: book.entryPrices[n], mark: book.marks[n] }
}
