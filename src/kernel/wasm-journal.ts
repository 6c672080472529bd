import { ORDER_KINDS, ORDER_OUTCOMES } from '../domain/order.ts'
import type { Cancellation, Fill, Order, OrderKind, OrderOutcome } from '../domain/order.ts'
import * as layout from './assembly/layout.ts'
import { NO_ORDER } from './book.ts'
import { isExit, kindCode } from './booking.ts'
import type { EquityRow, Recorder } from './kernel.ts'
import { DOUBLE, FLOAT } from './wasm-layout.ts'
import type { PlacedBatch } from './wasm-layout.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Codes below which a kind or an outcome is added. */
const CODES = 16
const END_OF_RUN = ORDER_KINDS.indexOf('end-of-run')

/** Of one lane's row, what is not told yet: events by their addresses, in the order they came. */
interface Pending {
  portfolio: number
  row: number
  /** Increasing legs come after all reducing ones, closings at the end of the run after the cancellations before them. */
  readonly increases: Int32Array
  readonly closings: Int32Array
  /** Symbols of which a leg filled; of which something was cut off, how much, and why (0 = nothing was). */
  readonly filled: Int32Array
  readonly cut: Int32Array
  /** How many each of the lists above has. */
  increaseCount: number
  closingCount: number
  filledCount: number
  cutCount: number
  readonly rests: Float64Array
  readonly whys: Uint8Array
}

/**
 * Tells a recorder what the kernel's journal says, as the reference kernel would: the journal has quantities, prices
 * and fees; kinds and decisions of what fills are remembered here since the order was placed.
 */
export class JournalReader {
  readonly #batch: PlacedBatch
  readonly #start: number
  readonly #recorder: Recorder
  /** The one order that may be open, by portfolio and symbol. */
  readonly #kinds: Uint8Array
  readonly #quantities: Float64Array
  readonly #decidedAt: Float64Array
  /** By portfolio: equity the next return is measured against, NaN before the first mark; whether it has ended. */
  readonly #measured: Float64Array
  readonly #ended: Uint8Array
  readonly #lanes: readonly [Pending, Pending]
  /** Scratch records, told and overwritten. */
  readonly #order: Writable<Order> = { portfolio: 0, symbol: 0, decidedAt: 0, kind: 'target', quantity: 0, target: NaN }
  readonly #fill: Writable<Fill> = { portfolio: 0, symbol: 0, t: 0, decidedAt: 0, kind: 'target', leg: 'reduce', quantity: 0, price: 0, fee: 0 }
  readonly #cancellation: Writable<Cancellation> = { portfolio: 0, symbol: 0, t: 0, decidedAt: 0, kind: 'target', quantity: 0, outcome: 'filled' }
  readonly #equity: Writable<EquityRow> = { portfolio: 0, t: 0, equity: 0, cash: 0, grossExposure: 0, periodReturn: 0 }
  #words: Int32Array = new Int32Array(0)
  #doubles: Float64Array = new Float64Array(0)
  /** Row of the timeline of the block's first. */
  firstRow = 0

  constructor(batch: PlacedBatch, recorder: Recorder) {
    const { symbols, rules } = batch
    this.#batch = batch
    this.#start = batch.journalAt
    this.#recorder = recorder
    this.#kinds = new Uint8Array(rules.length * symbols)
    this.#quantities = new Float64Array(rules.length * symbols)
    this.#decidedAt = new Float64Array(rules.length * symbols)
    this.#measured = new Float64Array(rules.length).fill(NaN)
    this.#ended = new Uint8Array(rules.length)
    this.#lanes = [nothingPending(symbols), nothingPending(symbols)]
  }

  /** Tells everything up to address `end`; the rows of portfolios are whole. */
  read(end: number): void {
    this.#words = this.#batch.memory.words
    this.#doubles = this.#batch.memory.doubles
    for (let at = this.#start; at < end; at += layout.EVENT_BYTES) {
      const lane = this.#words[(at + layout.EVENT_LANE) / FLOAT]
      const portfolio = this.#batch.portfolioAt(lane)
      if (portfolio < 0) continue
      const pending = this.#lanes[(lane / DOUBLE) & 1]
      const row = this.#words[(at + layout.EVENT_ROW) / FLOAT]
      if (pending.portfolio !== portfolio || pending.row !== row) {
        this.#finish(pending)
        pending.portfolio = portfolio
        pending.row = row
      }
      this.#take(pending, at)
    }
    this.#finish(this.#lanes[0])
    this.#finish(this.#lanes[1])
  }

  #symbolAt(at: number): number {
    return this.#words[(at + layout.EVENT_SYMBOL) / FLOAT]
  }

  #quantityAt(at: number): number {
    return this.#doubles[(at + layout.EVENT_QUANTITY) / DOUBLE]
  }

  #take(pending: Pending, at: number): void {
    const code = this.#words[(at + layout.EVENT_CODE) / FLOAT]
    const what = code % CODES
    const symbol = this.#symbolAt(at)
    if (what === layout.REDUCED) {
      pending.filled[pending.filledCount++] = symbol
      this.#tellLeg(pending, at, 'reduce')
    } else if (what === layout.INCREASED) {
      pending.filled[pending.filledCount++] = symbol
      pending.increases[pending.increaseCount++] = at
    } else if (what === layout.CUT_OFF) {
      if (pending.whys[symbol] === 0) pending.cut[pending.cutCount++] = symbol
      pending.rests[symbol] += this.#quantityAt(at)
      pending.whys[symbol] = Math.floor(code / CODES)
    } else {
      this.#finishFills(pending)
      this.#tell(pending, at, { what, name: Math.floor(code / CODES), symbol })
    }
  }

  /** What is no fill of a waiting order; most of it is told as it comes. */
  #tell(pending: Pending, at: number, of: { what: number; name: number; symbol: number }): void {
    const { what, name, symbol } = of
    const t = this.firstRow + pending.row
    const slot = pending.portfolio * this.#batch.symbols + symbol
    if (what === layout.MARKED) {
      this.#finishClosings(pending)
      this.#tellMark(pending, at)
    } else if (what === layout.PLACED) {
      // Where everything is closed at the end, nothing is decided there.
      if (t === this.#batch.lastRow && this.#batch.rules[pending.portfolio].end !== 'leave') return
      this.#place(pending, { symbol, kind: ORDER_KINDS[name], quantity: this.#quantityAt(at), target: this.#doubles[(at + layout.EVENT_PRICE) / DOUBLE] })
    } else if (what === layout.CANCELLED) {
      const decided = { kind: this.#kindOf(slot), decidedAt: this.#decidedAt[slot] }
      this.#kinds[slot] = NO_ORDER
      this.#cancel(pending, { symbol, ...decided, quantity: this.#quantities[slot], outcome: ORDER_OUTCOMES[name] })
    } else if (what === layout.CHANGED) this.#quantities[slot] = this.#quantityAt(at)
    else if (what === layout.LEFT_OVER) {
      this.#cancel(pending, { symbol, kind: ORDER_KINDS[name], decidedAt: t, quantity: this.#quantityAt(at), outcome: 'limited: participation' })
    } else if (name === END_OF_RUN) pending.closings[pending.closingCount++] = at
    else this.#tellOwn(pending, at, ORDER_KINDS[name])
  }

  #kindOf(slot: number): OrderKind {
    return ORDER_KINDS[this.#kinds[slot] - 1]
  }

  /** A leg of the order that waited. */
  #tellLeg(pending: Pending, at: number, leg: 'reduce' | 'increase'): void {
    const slot = pending.portfolio * this.#batch.symbols + this.#symbolAt(at)
    this.#tellFill(pending, at, { leg, kind: this.#kindOf(slot), decidedAt: this.#decidedAt[slot] })
  }

  /** An execution of the kernel's own: its order is told as it fills. */
  #tellOwn(pending: Pending, at: number, kind: OrderKind): void {
    const t = this.firstRow + pending.row
    this.#tellOrder(pending, { symbol: this.#symbolAt(at), kind, quantity: this.#quantityAt(at), target: NaN })
    this.#tellFill(pending, at, { leg: 'reduce', kind, decidedAt: t })
  }

  #tellFill({ portfolio, row }: Pending, at: number, of: { leg: 'reduce' | 'increase'; kind: OrderKind; decidedAt: number }): void {
    const fill = this.#fill
    fill.portfolio = portfolio
    fill.symbol = this.#symbolAt(at)
    fill.t = this.firstRow + row
    fill.decidedAt = of.decidedAt
    fill.kind = of.kind
    fill.leg = of.leg
    fill.quantity = this.#quantityAt(at)
    fill.price = this.#doubles[(at + layout.EVENT_PRICE) / DOUBLE]
    fill.fee = this.#doubles[(at + layout.EVENT_FEE) / DOUBLE]
    this.#recorder.fill?.(fill)
  }

  #tellOrder({ portfolio, row }: Pending, of: { symbol: number; kind: OrderKind; quantity: number; target: number }): void {
    const order = this.#order
    order.portfolio = portfolio
    order.symbol = of.symbol
    order.decidedAt = this.firstRow + row
    order.kind = of.kind
    order.quantity = of.quantity
    order.target = of.target
    this.#recorder.order?.(order)
  }

  #place(pending: Pending, of: { symbol: number; kind: OrderKind; quantity: number; target: number }): void {
    const slot = pending.portfolio * this.#batch.symbols + of.symbol
    this.#kinds[slot] = kindCode(of.kind)
    this.#quantities[slot] = of.quantity
    this.#decidedAt[slot] = this.firstRow + pending.row
    this.#tellOrder(pending, of)
  }

  /** The rest of an exit that ran out of volume waits for the next open. */
  #cancel(pending: Pending, of: { symbol: number; kind: OrderKind; decidedAt: number; quantity: number; outcome: OrderOutcome }): void {
    const cancellation = this.#cancellation
    cancellation.portfolio = pending.portfolio
    cancellation.symbol = of.symbol
    cancellation.t = this.firstRow + pending.row
    cancellation.decidedAt = of.decidedAt
    cancellation.kind = of.kind
    cancellation.quantity = of.quantity
    cancellation.outcome = of.outcome
    this.#recorder.cancellation?.(cancellation)
    if (of.outcome === 'limited: participation' && (isExit(of.kind) || of.kind === 'exit-rest')) {
      this.#place(pending, { symbol: of.symbol, kind: 'exit-rest', quantity: of.quantity, target: NaN })
    }
  }

  /** As `measureBar` of mark.ts tells it. */
  #tellMark({ portfolio, row }: Pending, at: number): void {
    const told = this.#equity
    const equity = this.#quantityAt(at)
    const known = this.#measured[portfolio]
    const before = known === known ? known : equity
    const ended = this.#ended[portfolio] === 1
    if (!ended) this.#measured[portfolio] = equity
    if (!(equity > 0)) this.#ended[portfolio] = 1
    told.portfolio = portfolio
    told.t = this.firstRow + row
    told.equity = equity
    told.cash = this.#doubles[(at + layout.EVENT_PRICE) / DOUBLE]
    told.grossExposure = equity > 0 ? this.#doubles[(at + layout.EVENT_FEE) / DOUBLE] * (1 / equity) : NaN
    told.periodReturn = ended ? 0 : equity * (1 / before) - 1
    this.#recorder.equity?.(told)
  }

  #finish(pending: Pending): void {
    this.#finishFills(pending)
    this.#finishClosings(pending)
  }

  /** Increasing legs, then what was cut off, in symbol order. */
  #finishFills(pending: Pending): void {
    if (pending.filledCount === 0 && pending.cutCount === 0) return
    const start = pending.portfolio * this.#batch.symbols
    for (let i = 0; i < pending.increaseCount; i++) this.#tellLeg(pending, pending.increases[i], 'increase')
    for (let i = 0; i < pending.filledCount; i++) {
      const symbol = pending.filled[i]
      if (pending.whys[symbol] === 0) this.#kinds[start + symbol] = NO_ORDER
    }
    if (pending.cutCount > 0) this.#finishCuts(pending)
    pending.filledCount = 0
    pending.increaseCount = 0
    pending.cutCount = 0
  }

  #finishCuts(pending: Pending): void {
    const start = pending.portfolio * this.#batch.symbols
    for (const symbol of pending.cut.subarray(0, pending.cutCount).toSorted()) {
      const slot = start + symbol
      const decided = { kind: this.#kindOf(slot), decidedAt: this.#decidedAt[slot] }
      this.#kinds[slot] = NO_ORDER
      this.#cancel(pending, { symbol, ...decided, quantity: pending.rests[symbol], outcome: ORDER_OUTCOMES[pending.whys[symbol]] })
      pending.rests[symbol] = 0
      pending.whys[symbol] = 0
    }
  }

  #finishClosings(pending: Pending): void {
    for (let i = 0; i < pending.closingCount; i++) this.#tellOwn(pending, pending.closings[i], 'end-of-run')
    pending.closingCount = 0
  }
}

function nothingPending(symbols: number): Pending {
  return {
    portfolio: -1, row: -1,
    increases: new Int32Array(symbols), closings: new Int32Array(symbols), filled: new Int32Array(2 * symbols), cut: new Int32Array(symbols),
    increaseCount: 0, closingCount: 0, filledCount: 0, cutCount: 0, rests: new Float64Array(symbols), whys: new Uint8Array(symbols),
  }
}
