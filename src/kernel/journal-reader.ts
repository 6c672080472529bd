import { ORDER_KINDS, ORDER_OUTCOMES } from '../domain/order.ts'
import type { Cancellation, Fill, Order, OrderKind, OrderOutcome } from '../domain/order.ts'
import * as layout from './assembly/layout.ts'
import { NO_ORDER } from './book.ts'
import { isExit, kindCode } from './booking.ts'
import { feeOfLegs } from './fees.ts'
import { legPrice } from './fill-plan.ts'
import type { Journal } from './journal.ts'
import type { EquityRow, KernelBlock, KernelSetup, Recorder } from './kernel.ts'
import { createResolver } from './rules.ts'
import type { PortfolioRules } from './rules.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

const WHAT_BITS = 4
const WHATS = (1 << WHAT_BITS) - 1
const CODES = (1 << layout.NUMBER_SHIFT) - 1
const WORD = 4
const DOUBLE = 8
const WORDS_PER_DOUBLE = DOUBLE / WORD
const CODE_WORD = layout.EVENT_CODE / WORD
const QUANTITY_DOUBLE = layout.EVENT_QUANTITY / DOUBLE
const PRICE_DOUBLE = layout.EVENT_PRICE / DOUBLE
const FEE_DOUBLE = layout.EVENT_FEE / DOUBLE
const EVENT_WORDS = layout.EVENT_BYTES / WORD
const LONG_EVENT_WORDS = layout.LONG_EVENT_BYTES / WORD
const END_OF_RUN = ORDER_KINDS.indexOf('end-of-run')

/** An event as it is read: one object, overwritten by the next. */
interface JournalEvent {
  /** What of layout.ts it is, and the place in ORDER_KINDS or ORDER_OUTCOMES that came with it. */
  what: number
  name: number
  symbol: number
  quantity: number
  /** Of a longer event. */
  price: number
  fee: number
  /** Of a leg: units of the other one of its order, 0 if there is none; whether it is the increasing one. */
  other: number
  increases: boolean
}

/** An order to tell of: `target` where it is sized as it fills, in place of a quantity; row of the timeline. */
type PlacedOrder = Pick<Order, 'symbol' | 'kind' | 'quantity' | 'target' | 'decidedAt'>

/** Of one portfolio's row, what is not told yet. */
interface Pending {
  portfolio: number
  /** Row of the timeline, and row of the block × symbols. */
  t: number
  firstCell: number
  /** Increasing legs come after all reducing ones, closings at the end of the run after the cancellations before them. */
  readonly increases: JournalEvent[]
  readonly closings: JournalEvent[]
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
 * Tells a recorder what a journal says, as the reference kernel would. The journal has quantities alone: kinds and
 * decisions of what fills are remembered since the order was placed, prices and fees worked out as the reference does.
 */
export class JournalReader implements Journal {
  readonly marks: boolean
  readonly #recorder: Recorder
  /** What the recorder is told in place of a portfolio's number in the batch. */
  readonly #numbers: ArrayLike<number>
  readonly #rules: readonly PortfolioRules[]
  readonly #multipliers: Float64Array
  readonly #symbols: number
  readonly #lastRow: number
  /** The one order that may be open, by portfolio and symbol. */
  readonly #kinds: Uint8Array
  readonly #quantities: Float64Array
  readonly #decidedAt: Float64Array
  /** By portfolio: equity the next return is measured against, NaN before the first mark; whether it has ended. */
  readonly #measured: Float64Array
  readonly #ended: Uint8Array
  /** Two portfolios take turns within a row; the one that had the latest event, and the other. */
  #pending: Pending
  #other: Pending
  readonly #event: JournalEvent = nothing()
  /** Scratch records, told and overwritten. */
  readonly #order: Writable<Order> = { portfolio: 0, symbol: 0, decidedAt: 0, kind: 'target', quantity: 0, target: NaN }
  readonly #fill: Writable<Fill> = { portfolio: 0, symbol: 0, t: 0, decidedAt: 0, kind: 'target', leg: 'reduce', quantity: 0, price: 0, fee: 0 }
  readonly #cancellation: Writable<Cancellation> = { portfolio: 0, symbol: 0, t: 0, decidedAt: 0, kind: 'target', quantity: 0, outcome: 'filled' }
  readonly #equity: Writable<EquityRow> = { portfolio: 0, t: 0, equity: 0, cash: 0, grossExposure: 0, periodReturn: 0 }
  /** Of the block at hand. */
  #firstRow = 0
  #open: Float64Array = new Float64Array(0)
  #halfSpread: Float64Array | null = null

  /** @param numbers by portfolio of the setup, the number that the recorder knows it by; by default its own */
  constructor({ instruments, portfolios, lastRow }: KernelSetup, recorder: Recorder, numbers: ArrayLike<number> = Int32Array.from(portfolios.keys())) {
    const cells = portfolios.length * instruments.length
    this.marks = recorder.equity !== undefined
    this.#recorder = recorder
    this.#numbers = numbers
    this.#rules = portfolios.map(createResolver(instruments))
    this.#multipliers = Float64Array.from(instruments, ({ multiplier }) => multiplier)
    this.#symbols = instruments.length
    this.#lastRow = lastRow
    this.#kinds = new Uint8Array(cells)
    this.#quantities = new Float64Array(cells)
    this.#decidedAt = new Float64Array(cells)
    this.#measured = new Float64Array(portfolios.length).fill(NaN)
    this.#ended = new Uint8Array(portfolios.length)
    this.#pending = nothingPending(this.#symbols)
    this.#other = nothingPending(this.#symbols)
  }

  begin({ market }: KernelBlock): void {
    this.#firstRow = market.firstRow
    this.#open = market.open
    this.#halfSpread = market.halfSpread
  }

  take({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): void {
    this.#read(new Int32Array(buffer, byteOffset, byteLength / WORD), new Float64Array(buffer, byteOffset, byteLength / DOUBLE))
    for (const pending of [this.#pending, this.#other]) {
      this.#finishFills(pending)
      this.#finishClosings(pending)
      pending.portfolio = -1
    }
  }

  #read(words: Int32Array, doubles: Float64Array): void {
    const event = this.#event
    let before = 0
    for (let at = 0; at < words.length; ) {
      const tag = words[at + CODE_WORD]
      const what = tag & WHATS
      const double = at / WORDS_PER_DOUBLE
      const isLong = what >= layout.EXECUTED
      event.what = what
      event.name = (tag & CODES) >>> WHAT_BITS
      event.quantity = doubles[double + QUANTITY_DOUBLE]
      event.other = 0
      if (isLong) {
        event.price = doubles[double + PRICE_DOUBLE]
        event.fee = doubles[double + FEE_DOUBLE]
      } else if (what === layout.REDUCED) {
        const next = at + EVENT_WORDS
        const hasMore = next < words.length && words[next] === words[at] && words[next + CODE_WORD] === tag + layout.INCREASED - layout.REDUCED
        event.other = hasMore ? doubles[next / WORDS_PER_DOUBLE + QUANTITY_DOUBLE] : 0
      } else if (what === layout.INCREASED) event.other = before
      before = what === layout.REDUCED && event.other !== 0 ? event.quantity : 0
      const number = tag >>> layout.NUMBER_SHIFT
      if (number !== layout.NOBODY) this.#take(this.#turnTo(number, words[at]), event)
      at += isLong ? LONG_EVENT_WORDS : EVENT_WORDS
    }
  }

  /** What is pending of the portfolio's row that a cell lies in; the event is of one of its symbols. */
  #turnTo(portfolio: number, cell: number): Pending {
    if (this.#pending.portfolio !== portfolio) {
      const latest = this.#pending
      this.#pending = this.#other
      this.#other = latest
    }
    const pending = this.#pending
    let symbol = cell - pending.firstCell
    if (pending.portfolio !== portfolio || symbol < 0 || symbol >= this.#symbols) {
      this.#finishFills(pending)
      this.#finishClosings(pending)
      const row = Math.floor(cell / this.#symbols)
      pending.portfolio = portfolio
      pending.t = this.#firstRow + row
      pending.firstCell = row * this.#symbols
      symbol = cell - pending.firstCell
    }
    this.#event.symbol = symbol
    return pending
  }

  #take(pending: Pending, event: JournalEvent): void {
    const { what, symbol } = event
    if (what === layout.REDUCED) {
      pending.filled[pending.filledCount++] = symbol
      event.increases = false
      this.#tellLeg(pending, event)
    } else if (what === layout.INCREASED) {
      if (event.other === 0) pending.filled[pending.filledCount++] = symbol
      event.increases = true
      copyEvent(event, pending.increases[pending.increaseCount++])
    } else if (what === layout.CLOSING_PART) this.#quantities[pending.portfolio * this.#symbols + symbol] = event.quantity
    else if (what === layout.FILLED_WHOLE) this.#takeWhole(pending, event)
    else if (what === layout.CUT_OFF) {
      if (pending.whys[symbol] === 0) pending.cut[pending.cutCount++] = symbol
      pending.rests[symbol] += event.quantity
      pending.whys[symbol] = event.name
    } else {
      this.#finishFills(pending)
      this.#tell(pending, event)
    }
  }

  /** An order and its legs in one event: it was placed in the row before. */
  #takeWhole(pending: Pending, event: JournalEvent): void {
    const { name, symbol, quantity } = event
    const legs = name << WHAT_BITS
    const part = legs === layout.TURNS ? this.#quantities[pending.portfolio * this.#symbols + symbol] : 0
    const reduced = legs === layout.REDUCES ? quantity : part
    const increased = legs === layout.REDUCES ? 0 : quantity - part
    this.#place(pending, { symbol, kind: 'target', quantity, target: NaN, decidedAt: pending.t - 1 })
    if (reduced !== 0) this.#takeLeg(pending, event, { quantity: reduced, other: increased, what: layout.REDUCED })
    if (increased !== 0) this.#takeLeg(pending, event, { quantity: increased, other: reduced, what: layout.INCREASED })
  }

  #takeLeg(pending: Pending, event: JournalEvent, leg: Pick<JournalEvent, 'quantity' | 'other' | 'what'>): void {
    event.what = leg.what
    event.quantity = leg.quantity
    event.other = leg.other
    this.#take(pending, event)
  }

  /** What is no fill of a waiting order; most of it is told as it comes. */
  #tell(pending: Pending, event: JournalEvent): void {
    const { what, name, symbol, quantity } = event
    const slot = pending.portfolio * this.#symbols + symbol
    if (what === layout.MARKED) {
      this.#finishClosings(pending)
      this.#tellMark(pending, event)
    } else if (what === layout.PLACED || what === layout.PLACED_OPEN) {
      // Where everything is closed at the end, nothing is decided there.
      if (pending.t === this.#lastRow && this.#rules[pending.portfolio].end !== 'leave') return
      const isOpen = what === layout.PLACED_OPEN
      this.#place(pending, { symbol, kind: ORDER_KINDS[name], quantity: isOpen ? NaN : quantity, target: isOpen ? quantity : NaN, decidedAt: pending.t })
    } else if (what === layout.CANCELLED) {
      const decided = { kind: this.#kindOf(slot), decidedAt: this.#decidedAt[slot] }
      this.#kinds[slot] = NO_ORDER
      this.#cancel(pending, { symbol, ...decided, quantity: this.#quantities[slot], outcome: ORDER_OUTCOMES[name] })
    } else if (what === layout.CHANGED) this.#quantities[slot] = quantity
    else if (what === layout.LEFT_OVER) {
      this.#cancel(pending, { symbol, kind: ORDER_KINDS[name], decidedAt: pending.t, quantity, outcome: 'limited: participation' })
    } else if (name === END_OF_RUN) copyEvent(event, pending.closings[pending.closingCount++])
    else this.#tellOwn(pending, event)
  }

  #kindOf(slot: number): OrderKind {
    return ORDER_KINDS[this.#kinds[slot] - 1]
  }

  /** A leg of the order that waited; its fee is booked with the last of them. */
  #tellLeg(pending: Pending, { symbol, quantity, other, increases }: JournalEvent): void {
    const rules = this.#rules[pending.portfolio]
    const slot = pending.portfolio * this.#symbols + symbol
    const cell = pending.firstCell + symbol
    const side = quantity > 0 ? 1 : -1
    const base = this.#open[cell]
    const halfSpread = this.#halfSpread === null || !rules.paySpread ? 0 : this.#halfSpread[cell]
    const reducePrice = legPrice({ base, side, halfSpread, slippage: rules.exitSlippage })
    const increasePrice = legPrice({ base, side, halfSpread, slippage: rules.entrySlippage })
    const units = Math.abs(quantity)
    const otherUnits = Math.abs(other)
    const legs = { reduced: increases ? otherUnits : units, reducePrice, increased: increases ? units : otherUnits, increasePrice, multiplier: this.#multipliers[symbol] }
    const fill = this.#fill
    fill.portfolio = this.#numbers[pending.portfolio]
    fill.symbol = symbol
    fill.t = pending.t
    fill.decidedAt = this.#decidedAt[slot]
    fill.kind = this.#kindOf(slot)
    fill.leg = increases ? 'increase' : 'reduce'
    fill.quantity = quantity
    fill.price = increases ? increasePrice : reducePrice
    fill.fee = increases || other === 0 ? feeOfLegs(rules, legs) : 0
    this.#recorder.fill?.(fill)
  }

  /** An execution of the kernel's own: its order is told as it fills. */
  #tellOwn(pending: Pending, { name, symbol, quantity, price, fee }: JournalEvent): void {
    const kind = ORDER_KINDS[name]
    this.#tellOrder(pending, { symbol, kind, quantity, target: NaN, decidedAt: pending.t })
    const fill = this.#fill
    fill.portfolio = this.#numbers[pending.portfolio]
    fill.symbol = symbol
    fill.t = pending.t
    fill.decidedAt = pending.t
    fill.kind = kind
    fill.leg = 'reduce'
    fill.quantity = quantity
    fill.price = price
    fill.fee = fee
    this.#recorder.fill?.(fill)
  }

  #tellOrder(pending: Pending, of: PlacedOrder): void {
    const order = this.#order
    order.portfolio = this.#numbers[pending.portfolio]
    order.symbol = of.symbol
    order.decidedAt = of.decidedAt
    order.kind = of.kind
    order.quantity = of.quantity
    order.target = of.target
    this.#recorder.order?.(order)
  }

  #place(pending: Pending, of: PlacedOrder): void {
    const slot = pending.portfolio * this.#symbols + of.symbol
    this.#kinds[slot] = kindCode(of.kind)
    this.#quantities[slot] = of.quantity
    this.#decidedAt[slot] = of.decidedAt
    this.#tellOrder(pending, of)
  }

  /** The rest of an exit that ran out of volume waits for the next open. */
  #cancel(pending: Pending, of: { symbol: number; kind: OrderKind; decidedAt: number; quantity: number; outcome: OrderOutcome }): void {
    const cancellation = this.#cancellation
    cancellation.portfolio = this.#numbers[pending.portfolio]
    cancellation.symbol = of.symbol
    cancellation.t = pending.t
    cancellation.decidedAt = of.decidedAt
    cancellation.kind = of.kind
    cancellation.quantity = of.quantity
    cancellation.outcome = of.outcome
    this.#recorder.cancellation?.(cancellation)
    if (of.outcome === 'limited: participation' && (isExit(of.kind) || of.kind === 'exit-rest')) {
      this.#place(pending, { symbol: of.symbol, kind: 'exit-rest', quantity: of.quantity, target: NaN, decidedAt: pending.t })
    }
  }

  /** As `measureBar` of mark.ts tells it: price and fee of the event are cash and gross value. */
  #tellMark({ portfolio, t }: Pending, { quantity: equity, price: cash, fee: gross }: JournalEvent): void {
    const told = this.#equity
    const known = this.#measured[portfolio]
    const before = known === known ? known : equity
    const ended = this.#ended[portfolio] === 1
    if (!ended) this.#measured[portfolio] = equity
    if (!(equity > 0)) this.#ended[portfolio] = 1
    told.portfolio = this.#numbers[portfolio]
    told.t = t
    told.equity = equity
    told.cash = cash
    told.grossExposure = equity > 0 ? gross * (1 / equity) : NaN
    told.periodReturn = ended ? 0 : equity * (1 / before) - 1
    this.#recorder.equity?.(told)
  }

  /** Increasing legs, then what was cut off, in symbol order. */
  #finishFills(pending: Pending): void {
    if (pending.filledCount === 0 && pending.cutCount === 0) return
    const start = pending.portfolio * this.#symbols
    for (let i = 0; i < pending.increaseCount; i++) this.#tellLeg(pending, pending.increases[i])
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
    const start = pending.portfolio * this.#symbols
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
    for (let i = 0; i < pending.closingCount; i++) this.#tellOwn(pending, pending.closings[i])
    pending.closingCount = 0
  }
}

function nothing(): JournalEvent {
  return { what: 0, name: 0, symbol: 0, quantity: NaN, price: NaN, fee: NaN, other: NaN, increases: false }
}

function copyEvent(from: JournalEvent, to: JournalEvent): void {
  to.what = from.what
  to.name = from.name
  to.symbol = from.symbol
  to.quantity = from.quantity
  to.price = from.price
  to.fee = from.fee
  to.other = from.other
  to.increases = from.increases
}

function nothingPending(symbols: number): Pending {
  return {
    portfolio: -1, t: -1, firstCell: 0,
    increases: Array.from({ length: symbols }, nothing), closings: Array.from({ length: symbols }, nothing), filled: new Int32Array(symbols), cut: new Int32Array(symbols),
    increaseCount: 0, closingCount: 0, filledCount: 0, cutCount: 0, rests: new Float64Array(symbols), whys: new Uint8Array(symbols),
  }
}
