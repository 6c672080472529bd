import { ORDER_KINDS, ORDER_OUTCOMES, type Cancellation, type Fill, type Order, type OrderKind, type OrderOutcome } from '../domain/order.ts'
import type { EquityRow, Recorder } from '../kernel/kernel.ts'
import type { CodedRows } from '../store/coded-ledgers.ts'
import { CODED_LEDGERS, LEDGER_NAMES, LEGS, type LedgerName, type LedgerSubjects } from './ledger-rows.ts'

/** Rows of a ledger that are collected before they are handed on. */
const ROWS_AT_ONCE = 16_384
/** Room for the rows of a single portfolio, to begin with. */
const FIRST_ROWS = 1024
/** Close times that are kept at hand: orders wait for a row or two. */
const KEPT_TIMES = 1024

type Columns = Record<string, Int32Array | Float64Array>

interface Buffer extends CodedRows {
  readonly name: LedgerName
  columns: Columns
  count: number
  capacity: number
}

const KIND_NUMBERS = Object.fromEntries(ORDER_KINDS.map((kind, number) => [kind, number])) as Record<OrderKind, number>
const OUTCOME_NUMBERS = Object.fromEntries(ORDER_OUTCOMES.map((outcome, number) => [outcome, number])) as Record<OrderOutcome, number>
const [REDUCE, INCREASE] = LEGS.keys()

export interface LedgerRecorder {
  readonly recorder: Recorder
  /** Rows collected and not handed on yet. */
  readonly collected: Readonly<Record<LedgerName, CodedRows>>
}

/**
 * Collects everything a batch does as rows of numbers, in the order it happens per portfolio.
 * @param handOn is given a ledger's rows whenever there are many; it must be done with them when it returns. Without it all are kept.
 */
export function recordLedgers({ configs, closeTime }: Pick<LedgerSubjects, 'configs' | 'closeTime'>, handOn?: (ledger: LedgerName, rows: CodedRows) => void): LedgerRecorder {
  const buffers = Object.fromEntries(LEDGER_NAMES.map((name) => [name, createBuffer(name)])) as Record<LedgerName, Buffer>
  const { orders, fills, cancellations, equity } = buffers
  /** Per portfolio, so that a row does not depend on the batch it was made in. */
  const sequences = new Int32Array(configs.length)
  const timeOf = keptTimes(closeTime)

  /** The place of the next row. */
  const next = (buffer: Buffer): number => {
    if (buffer.count === buffer.capacity) {
      if (buffer.capacity < ROWS_AT_ONCE || handOn === undefined) grow(buffer)
      else {
        handOn(buffer.name, buffer)
        buffer.count = 0
      }
    }
    return buffer.count++
  }
  const recorder: Recorder = {
    order: (order: Order) => {
      const row = next(orders)
      const { columns } = orders
      columns.portfolio[row] = order.portfolio
      columns.decidedTime[row] = timeOf(order.decidedAt)
      columns.symbol[row] = order.symbol
      columns.kind[row] = KIND_NUMBERS[order.kind]
      columns.quantity[row] = order.quantity
      columns.target[row] = order.target
    },
    fill: (fill: Fill) => {
      const row = next(fills)
      const { columns } = fills
      columns.portfolio[row] = fill.portfolio
      columns.time[row] = timeOf(fill.t)
      columns.decidedTime[row] = timeOf(fill.decidedAt)
      columns.symbol[row] = fill.symbol
      columns.kind[row] = KIND_NUMBERS[fill.kind]
      columns.leg[row] = fill.leg === 'reduce' ? REDUCE : INCREASE
      columns.sequence[row] = sequences[fill.portfolio]++
      columns.quantity[row] = fill.quantity
      columns.price[row] = fill.price
      columns.fee[row] = fill.fee
    },
    cancellation: (cancellation: Cancellation) => {
      const row = next(cancellations)
      const { columns } = cancellations
      columns.portfolio[row] = cancellation.portfolio
      columns.time[row] = timeOf(cancellation.t)
      columns.decidedTime[row] = timeOf(cancellation.decidedAt)
      columns.symbol[row] = cancellation.symbol
      columns.kind[row] = KIND_NUMBERS[cancellation.kind]
      columns.sequence[row] = sequences[cancellation.portfolio]++
      columns.outcome[row] = OUTCOME_NUMBERS[cancellation.outcome]
      columns.quantity[row] = cancellation.quantity
    },
    equity: (mark: EquityRow) => {
      const row = next(equity)
      const { columns } = equity
      columns.portfolio[row] = mark.portfolio
      columns.time[row] = timeOf(mark.t)
      columns.equity[row] = mark.equity
      columns.cash[row] = mark.cash
      columns.grossExposure[row] = mark.grossExposure
      columns.periodReturn[row] = mark.periodReturn
    },
  }
  return { recorder, collected: buffers }
}

/** Asks for the time of a row once, however many portfolios do something in it. */
function keptTimes(closeTime: (t: number) => number): (t: number) => number {
  const rows = new Float64Array(KEPT_TIMES).fill(NaN)
  const times = new Float64Array(KEPT_TIMES)
  return (t) => {
    const at = t % KEPT_TIMES
    if (rows[at] !== t) {
      rows[at] = t
      times[at] = closeTime(t)
    }
    return times[at]
  }
}

function createBuffer(name: LedgerName): Buffer {
  return { name, count: 0, capacity: FIRST_ROWS, columns: createColumns(name, FIRST_ROWS) }
}

function createColumns(name: LedgerName, rows: number): Columns {
  const { stored } = CODED_LEDGERS[name]
  return Object.fromEntries(Object.entries(stored).map(([column, type]) => [column, type === 'INTEGER' ? new Int32Array(rows) : new Float64Array(rows)]))
}

function grow(buffer: Buffer): void {
  const before = buffer.columns
  buffer.capacity *= 2
  buffer.columns = createColumns(buffer.name, buffer.capacity)
  for (const [column, values] of Object.entries(buffer.columns)) values.set(before[column] as never)
}
