import { ORDER_KINDS, ORDER_OUTCOMES } from '../domain/order.ts'
import type { Cancellation, Fill, Order, OrderKind, OrderOutcome } from '../domain/order.ts'
import * as layout from './assembly/layout.ts'
import { NO_ORDER } from './book.ts'
import { isExit, kindCode } from './booking.ts'
import { feeOfLegs } from './fees.ts'
import { legPrice } from './fill-plan.ts'
import type { Journal } from './journal.ts'
import type { EquityRow, KernelBlock, KernelSetup, MarketBlock, Recorder } from './kernel.ts'
import { resolveRules } from './rules.ts'
import type { PortfolioRules } from './rules.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** A code's what is below; above, × 16, the place of a kind or an outcome. */
const WHATS = 16
const WHAT_BITS = 4
const CODES = 1 << layout.NUMBER_SHIFT
const WORD = 4
const DOUBLE = 8
const EVENT_WORDS = layout.EVENT_BYTES / WORD
const LONG_EVENT_WORDS = layout.LONG_EVENT_BYTES / WORD
const END_OF_RUN = ORDER_KINDS.indexOf('end-of-run')
const NO_LEG = -1

/** Of one portfolio's row, what is not told yet: events by their places in the message, in the order they came. */
interface Pending {
  portfolio: number
  /** Row of the block, and row × symbols. */
  row: number
  firstCell: number
  /** Increasing legs, each with the reducing one of its order, come after all reducing ones; closings at the end of the run after the cancellations before them. */
  readonly increases: Int32Array
  readonly reductions: Int32Array
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
  /** Two portfolios take turns within a row; which of them had the latest event. */
  readonly #pair: readonly [Pending, Pending]
  #latest = 0
  /** Scratch records, told and overwritten. */
  readonly #order: Writable<Order> = { portfolio: 0, symbol: 0, decidedAt: 0, kind: 'target', quantity: 0, target: NaN }
  readonly #fill: Writable<Fill> = { portfolio: 0, symbol: 0, t: 0, decidedAt: 0, kind: 'target', leg: 'reduce', quantity: 0, price: 0, fee: 0 }
  readonly #cancellation: Writable<Cancellation> = { portfolio: 0, symbol: 0, t: 0, decidedAt: 0, kind: 'target', quantity: 0, outcome: 'filled' }
  readonly #equity: Writable<EquityRow> = { portfolio: 0, t: 0, equity: 0, cash: 0, grossExposure: 0, periodReturn: 0 }
  #words: Int32Array = new Int32Array(0)
  #doubles: Float64Array = new Float64Array(0)
  #market: MarketBlock | undefined

  /** @param numbers by portfolio of the setup, the number that the recorder knows it by; by default its own */
  constructor({ instruments, portfolios, lastRow }: KernelSetup, recorder: Recorder, numbers: ArrayLike<number> = Int32Array.from(portfolios.keys())) {
    const cells = portfolios.length * instruments.length
    this.marks = recorder.equity !== undefined
    this.#recorder = recorder
    this.#numbers = numbers
    this.#rules = portfolios.map((portfolio) => resolveRules(portfolio, instruments))
    this.#multipliers = Float64Array.from(instruments, ({ multiplier }) => multiplier)
    this.#symbols = instruments.length
    this.#lastRow = lastRow
    this.#kinds = new Uint8Array(cells)
    this.#quantities = new Float64Array(cells)
    this.#decidedAt = new Float64Array(cells)
    this.#measured = new Float64Array(portfolios.length).fill(NaN)
    this.#ended = new Uint8Array(portfolios.length)
    this.#pair = [nothingPending(this.#symbols), nothingPending(this.#symbols)]
  }

  begin({ market }: KernelBlock): void {
    this.#market = market
  }

  take({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): void {
    const words = new Int32Array(buffer, byteOffset, byteLength / WORD)
    this.#words = words
    this.#doubles = new Float64Array(buffer, byteOffset, byteLength / DOUBLE)
    let reduction = NO_LEG
    for (let at = 0; at < words.length; ) {
      const code = words[at + layout.EVENT_CODE / WORD] & (CODES - 1)
      const number = words[at + layout.EVENT_CODE / WORD] >>> layout.NUMBER_SHIFT
      const what = code & (WHATS - 1)
      if (number !== layout.NOBODY) this.#take(this.#turnTo(number, at), at, { code, reduction })
      reduction = what === layout.REDUCED ? at : NO_LEG
      at += what >= layout.EXECUTED ? LONG_EVENT_WORDS : EVENT_WORDS
    }
    this.#finish(this.#pair[0])
    this.#finish(this.#pair[1])
  }

  /** What is pending of a portfolio's row. */
  #turnTo(portfolio: number, at: number): Pending {
    if (this.#pair[this.#latest].portfolio !== portfolio) this.#latest = 1 - this.#latest
    const pending = this.#pair[this.#latest]
    const symbol = this.#cellAt(at) - pending.firstCell
    if (pending.portfolio !== portfolio || symbol < 0 || symbol >= this.#symbols) {
      this.#finish(pending)
      pending.portfolio = portfolio
      pending.row = Math.floor(this.#cellAt(at) / this.#symbols)
      pending.firstCell = pending.row * this.#symbols
    }
    return pending
  }

  #cellAt(at: number): number {
    return this.#words[at + layout.EVENT_CELL / WORD]
  }

  #symbolAt({ firstCell }: Pending, at: number): number {
    return this.#cellAt(at) - firstCell
  }

  #quantityAt(at: number): number {
    return this.#doubles[(at * WORD + layout.EVENT_QUANTITY) / DOUBLE]
  }

  /** Of a longer event, what lies `offset` bytes behind its start. */
  #valueAt(at: number, offset: number): number {
    return this.#doubles[(at * WORD + offset) / DOUBLE]
  }

  get #marketNow(): MarketBlock {
    if (this.#market === undefined) throw new Error('a message came before its block began')
    return this.#market
  }

  #timelineRow(pending: Pending): number {
    return this.#marketNow.firstRow + pending.row
  }

  /** `reduction`: the reducing leg that lies right before. */
  #take(pending: Pending, at: number, { code, reduction }: { code: number; reduction: number }): void {
    const what = code & (WHATS - 1)
    const symbol = this.#symbolAt(pending, at)
    if (what === layout.REDUCED) {
      pending.filled[pending.filledCount++] = symbol
      this.#tellLegs(pending, { reduction: at, increase: this.#increaseAfter(at), isIncrease: false })
    } else if (what === layout.INCREASED) {
      if (reduction !== NO_LEG && !this.#isSameOrder(reduction, at)) reduction = NO_LEG
      if (reduction === NO_LEG) pending.filled[pending.filledCount++] = symbol
      pending.reductions[pending.increaseCount] = reduction
      pending.increases[pending.increaseCount++] = at
    } else if (what === layout.CUT_OFF) {
      if (pending.whys[symbol] === 0) pending.cut[pending.cutCount++] = symbol
      pending.rests[symbol] += this.#quantityAt(at)
      pending.whys[symbol] = code >>> WHAT_BITS
    } else {
      this.#finishFills(pending)
      this.#tell(pending, at, { what, name: code >>> WHAT_BITS, symbol })
    }
  }

  /** The increasing leg of a reducing one's order, if it has any. */
  #increaseAfter(at: number): number {
    const next = at + EVENT_WORDS
    return next < this.#words.length && this.#isSameOrder(at, next) ? next : NO_LEG
  }

  #isSameOrder(reduction: number, increase: number): boolean {
    const code = layout.EVENT_CODE / WORD
    return this.#cellAt(reduction) === this.#cellAt(increase) && this.#words[increase + code] - this.#words[reduction + code] === layout.INCREASED - layout.REDUCED
  }

  /** What is no fill of a waiting order; most of it is told as it comes. */
  #tell(pending: Pending, at: number, of: { what: number; name: number; symbol: number }): void {
    const { what, name, symbol } = of
    const t = this.#timelineRow(pending)
    const slot = pending.portfolio * this.#symbols + symbol
    const quantity = this.#quantityAt(at)
    if (what === layout.MARKED) {
      this.#finishClosings(pending)
      this.#tellMark(pending, at)
    } else if (what === layout.PLACED || what === layout.PLACED_OPEN) {
      // Where everything is closed at the end, nothing is decided there.
      if (t === this.#lastRow && this.#rules[pending.portfolio].end !== 'leave') return
      const isOpen = what === layout.PLACED_OPEN
      this.#place(pending, { symbol, kind: ORDER_KINDS[name], quantity: isOpen ? NaN : quantity, target: isOpen ? quantity : NaN })
    } else if (what === layout.CANCELLED) {
      const decided = { kind: this.#kindOf(slot), decidedAt: this.#decidedAt[slot] }
      this.#kinds[slot] = NO_ORDER
      this.#cancel(pending, { symbol, ...decided, quantity: this.#quantities[slot], outcome: ORDER_OUTCOMES[name] })
    } else if (what === layout.CHANGED) this.#quantities[slot] = quantity
    else if (what === layout.LEFT_OVER) {
      this.#cancel(pending, { symbol, kind: ORDER_KINDS[name], decidedAt: t, quantity, outcome: 'limited: participation' })
    } else if (name === END_OF_RUN) pending.closings[pending.closingCount++] = at
    else this.#tellOwn(pending, at, ORDER_KINDS[name])
  }

  #kindOf(slot: number): OrderKind {
    return ORDER_KINDS[this.#kinds[slot] - 1]
  }

  /** One of the legs of the order that waited; its fee is booked with the last of them. */
  #tellLegs(pending: Pending, { reduction, increase, isIncrease }: { reduction: number; increase: number; isIncrease: boolean }): void {
    const at = isIncrease ? increase : reduction
    const market = this.#marketNow
    const rules = this.#rules[pending.portfolio]
    const symbol = this.#symbolAt(pending, at)
    const slot = pending.portfolio * this.#symbols + symbol
    const cell = this.#cellAt(at)
    const side = this.#quantityAt(at) > 0 ? 1 : -1
    const halfSpread = market.halfSpread === null || !rules.paySpread ? 0 : market.halfSpread[cell]
    const base = market.open[cell]
    const reducePrice = legPrice({ base, side, halfSpread, slippage: rules.exitSlippage })
    const increasePrice = legPrice({ base, side, halfSpread, slippage: rules.entrySlippage })
    const reduced = reduction === NO_LEG ? 0 : Math.abs(this.#quantityAt(reduction))
    const increased = increase === NO_LEG ? 0 : Math.abs(this.#quantityAt(increase))
    const isLast = isIncrease || increase === NO_LEG
    const fill = this.#fillOf(pending, at, { kind: this.#kindOf(slot), decidedAt: this.#decidedAt[slot] })
    fill.leg = isIncrease ? 'increase' : 'reduce'
    fill.price = isIncrease ? increasePrice : reducePrice
    fill.fee = isLast ? feeOfLegs(rules, { reduced, reducePrice, increased, increasePrice, multiplier: this.#multipliers[symbol] }) : 0
    this.#recorder.fill?.(fill)
  }

  /** An execution of the kernel's own: its order is told as it fills. */
  #tellOwn(pending: Pending, at: number, kind: OrderKind): void {
    this.#tellOrder(pending, { symbol: this.#symbolAt(pending, at), kind, quantity: this.#quantityAt(at), target: NaN })
    const fill = this.#fillOf(pending, at, { kind, decidedAt: this.#timelineRow(pending) })
    fill.leg = 'reduce'
    fill.price = this.#valueAt(at, layout.EVENT_PRICE)
    fill.fee = this.#valueAt(at, layout.EVENT_FEE)
    this.#recorder.fill?.(fill)
  }

  #fillOf(pending: Pending, at: number, of: { kind: OrderKind; decidedAt: number }): Writable<Fill> {
    const fill = this.#fill
    fill.portfolio = this.#numbers[pending.portfolio]
    fill.symbol = this.#symbolAt(pending, at)
    fill.t = this.#timelineRow(pending)
    fill.decidedAt = of.decidedAt
    fill.kind = of.kind
    fill.quantity = this.#quantityAt(at)
    return fill
  }

  #tellOrder(pending: Pending, of: { symbol: number; kind: OrderKind; quantity: number; target: number }): void {
    const order = this.#order
    order.portfolio = this.#numbers[pending.portfolio]
    order.symbol = of.symbol
    order.decidedAt = this.#timelineRow(pending)
    order.kind = of.kind
    order.quantity = of.quantity
    order.target = of.target
    this.#recorder.order?.(order)
  }

  #place(pending: Pending, of: { symbol: number; kind: OrderKind; quantity: number; target: number }): void {
    const slot = pending.portfolio * this.#symbols + of.symbol
    this.#kinds[slot] = kindCode(of.kind)
    this.#quantities[slot] = of.quantity
    this.#decidedAt[slot] = this.#timelineRow(pending)
    this.#tellOrder(pending, of)
  }

  /** The rest of an exit that ran out of volume waits for the next open. */
  #cancel(pending: Pending, of: { symbol: number; kind: OrderKind; decidedAt: number; quantity: number; outcome: OrderOutcome }): void {
    const cancellation = this.#cancellation
    cancellation.portfolio = this.#numbers[pending.portfolio]
    cancellation.symbol = of.symbol
    cancellation.t = this.#timelineRow(pending)
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
  #tellMark(pending: Pending, at: number): void {
    const { portfolio } = pending
    const told = this.#equity
    const equity = this.#quantityAt(at)
    const known = this.#measured[portfolio]
    const before = known === known ? known : equity
    const ended = this.#ended[portfolio] === 1
    if (!ended) this.#measured[portfolio] = equity
    if (!(equity > 0)) this.#ended[portfolio] = 1
    told.portfolio = this.#numbers[portfolio]
    told.t = this.#timelineRow(pending)
    told.equity = equity
    told.cash = this.#valueAt(at, layout.EVENT_PRICE)
    told.grossExposure = equity > 0 ? this.#valueAt(at, layout.EVENT_FEE) * (1 / equity) : NaN
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
    const start = pending.portfolio * this.#symbols
    for (let i = 0; i < pending.increaseCount; i++) this.#tellLegs(pending, { reduction: pending.reductions[i], increase: pending.increases[i], isIncrease: true })
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
    for (let i = 0; i < pending.closingCount; i++) this.#tellOwn(pending, pending.closings[i], 'end-of-run')
    pending.closingCount = 0
  }
}

function nothingPending(symbols: number): Pending {
  return {
    portfolio: -1, row: -1, firstCell: 0,
    increases: new Int32Array(symbols), reductions: new Int32Array(symbols), closings: new Int32Array(symbols), filled: new Int32Array(symbols), cut: new Int32Array(symbols),
    increaseCount: 0, closingCount: 0, filledCount: 0, cutCount: 0, rests: new Float64Array(symbols), whys: new Uint8Array(symbols),
  }
}
