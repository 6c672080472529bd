import { monthIndex, monthStart, weekIndex, weekStart } from '../domain/timeline.ts'
import type { MarketBlock } from './kernel.ts'
import { STARTS_MONTH, STARTS_SESSION, STARTS_WEEK } from './rules.ts'

const MS_PER_YEAR = 86_400_000 * 365

/** What is remembered of the market between rows. `clock` is [closeTime, sessionDate, started, row]. */
export interface MarketMemory {
  readonly lastClose: Float64Array
  readonly barsClosed: Float64Array
  /** Corporate actions that wait for the symbol's next bar. */
  readonly waitingSplit: Float64Array
  readonly waitingDividend: Float64Array
  readonly clock: Float64Array
}

const CLOSE_TIME = 0
const SESSION_DATE = 1
const STARTED = 2
const ROW = 3

/**
 * What every portfolio of the batch needs of a block's rows, worked out once: last closes, bar counts, and
 * corporate actions moved to the row that has a bar. Row r of the block; arrays of symbols are `[r][n]`.
 */
export interface Tape {
  readonly memory: MarketMemory
  readonly symbols: number
  readonly multipliers: Float64Array
  /** First row that is traded and measured. */
  readonly firstRow: number
  /** Whether anyone pays or earns interest: only then years are told. */
  readonly hasCarry: boolean
  rows: number
  /** Last close up to row r − 1 at `[r]`, so row r's own mark is at `[r + 1]`; 0 = never had a bar. */
  mark: Float64Array
  /** mark × M, and the number of bars closed; laid out as `mark`. */
  unit: Float64Array
  bars: Float64Array
  /** 1 = the symbol has a bar in the row and is not delisted in it. */
  tradable: Uint8Array
  split: Float64Array
  dividend: Float64Array
  /** Price a delisted symbol is closed at; NaN = not delisted in this row. */
  delisting: Float64Array
  /** 1 = some symbol has a corporate action in this row. */
  hasActions: Uint8Array
  /** Whether any row of any block has had one: until then nothing is written of them. */
  hasActed: boolean
  /** STARTS_… bits. */
  starts: Uint8Array
  /** 1 = the first row that is measured. */
  isFirst: Uint8Array
  /** Years of 365 days since the last row; 0 in the first measured one. */
  years: Float64Array
}

/** Its arrays are made by the first `fitTape`. */
export function createTape({ symbols, multipliers, firstRow, hasCarry }: Pick<Tape, 'symbols' | 'multipliers' | 'firstRow' | 'hasCarry'>): Tape {
  const [numbers, bytes] = [new Float64Array(0), new Uint8Array(0)]
  const memory = {
    lastClose: new Float64Array(symbols),
    barsClosed: new Float64Array(symbols),
    waitingSplit: new Float64Array(symbols).fill(1),
    waitingDividend: new Float64Array(symbols),
    clock: new Float64Array([0, 0, 0, -1]),
  }
  // Field by field, here and in fitTape: a tape of a shape of its own would have the loops over it compiled again.
  return {
    memory, symbols, multipliers, firstRow, hasCarry, rows: 0, mark: numbers, unit: numbers, bars: numbers, tradable: bytes, split: numbers, dividend: numbers,
    delisting: numbers, hasActions: bytes, hasActed: false, starts: bytes, isFirst: bytes, years: numbers,
  }
}

/** Makes room for a block, without corporate actions; what was written for another block is gone. */
export function fitTape(tape: Tape, rows: number): void {
  if (rows <= tape.rows) return
  const cells = rows * tape.symbols
  tape.rows = rows
  tape.mark = new Float64Array(cells + tape.symbols)
  tape.unit = new Float64Array(cells + tape.symbols)
  tape.bars = new Float64Array(cells + tape.symbols)
  tape.tradable = new Uint8Array(cells)
  tape.split = new Float64Array(cells).fill(1)
  tape.dividend = new Float64Array(cells)
  tape.delisting = new Float64Array(cells).fill(NaN)
  tape.hasActions = new Uint8Array(rows)
  tape.starts = new Uint8Array(rows)
  tape.isFirst = new Uint8Array(rows)
  tape.years = new Float64Array(rows)
}

/** Whether a measured row has been reached. */
export function hasStarted(memory: MarketMemory): boolean {
  return memory.clock[STARTED] === 1
}

/** Rows [from, to) of a block. */
interface Rows {
  readonly from: number
  readonly to: number
}

/** Moves on through rows of the block: rows must come in order, each once, none left out once measured. */
export function advanceTape(tape: Tape, market: MarketBlock, rows: Rows): void {
  const { memory } = tape
  const last = memory.clock[ROW]
  const t = market.firstRow + rows.from
  if (t <= last || (hasStarted(memory) && t !== last + 1)) throw new Error(`row ${t} cannot follow row ${last}`)
  memory.clock[ROW] = market.firstRow + rows.to - 1
  const acts = mayAct(tape, market, rows)
  tape.hasActed ||= acts
  if (tape.hasActed) clearActions(tape, market, rows)
  advanceCloses(tape, market, rows)
  if (acts) for (let row = rows.from; row < rows.to; row++) advanceActions(tape, market, row)
  advanceClock(tape, market, rows)
}

/** No corporate actions but delistings. */
function clearActions({ symbols, split, dividend, delisting, hasActions }: Tape, market: MarketBlock, { from, to }: Rows): void {
  hasActions.fill(0, from, to)
  split.fill(1, from * symbols, to * symbols)
  dividend.fill(0, from * symbols, to * symbols)
  if (market.delisting === null) delisting.fill(NaN, from * symbols, to * symbols)
  else delisting.set(market.delisting.subarray(from * symbols, to * symbols), from * symbols)
}

/** Last closes, bars closed, and what can be traded. */
function advanceCloses(tape: Tape, market: MarketBlock, { from, to }: Rows): void {
  const { symbols, multipliers, mark, unit, bars, tradable, delisting, memory: { lastClose, barsClosed } } = tape
  const { close } = market
  let at = from * symbols
  for (let n = 0; n < symbols; n++) {
    mark[at + n] = lastClose[n]
    unit[at + n] = lastClose[n] * multipliers[n]
    bars[at + n] = barsClosed[n]
  }
  for (let n = 0, end = to * symbols; at < end; at++) {
    const price = close[at]
    const after = at + symbols
    if (price === price) {
      mark[after] = price
      unit[after] = price * multipliers[n]
      bars[after] = bars[at] + 1
      tradable[at] = delisting[at] === delisting[at] ? 0 : 1
    } else {
      mark[after] = mark[at]
      unit[after] = unit[at]
      bars[after] = bars[at]
      tradable[at] = 0
    }
    if (++n === symbols) n = 0
  }
  for (let n = 0; n < symbols; n++) {
    lastClose[n] = mark[at + n]
    barsClosed[n] = bars[at + n]
  }
}

/** Whether some symbol has a corporate action in some of the rows, or one that waits. */
function mayAct({ symbols, memory: { waitingSplit, waitingDividend } }: Tape, { split, dividend, delisting }: MarketBlock, { from, to }: Rows): boolean {
  if (delisting !== null) return true
  for (let n = 0; n < symbols; n++) if (waitingSplit[n] !== 1 || waitingDividend[n] !== 0) return true
  for (let i = from * symbols; i < to * symbols; i++) if (split[i] !== 1 || dividend[i] !== 0) return true
  return false
}

function advanceActions(tape: Tape, market: MarketBlock, row: number): void {
  const { memory, symbols } = tape
  tape.hasActions[row] = 0
  for (let n = 0; n < symbols; n++) {
    const at = row * symbols + n
    const split = market.split[at]
    if (split !== 1) {
      memory.waitingSplit[n] *= split
      memory.waitingDividend[n] /= split
    }
    memory.waitingDividend[n] += market.dividend[at]
    const delisted = tape.delisting[at] === tape.delisting[at]
    const acts = tape.tradable[at] === 1 || delisted
    tape.split[at] = acts ? memory.waitingSplit[n] : 1
    tape.dividend[at] = acts ? memory.waitingDividend[n] : 0
    if (tape.split[at] !== 1 || tape.dividend[at] !== 0 || delisted) tape.hasActions[row] = 1
    if (!acts) continue
    memory.waitingSplit[n] = 1
    memory.waitingDividend[n] = 0
  }
}

/** Session, week and month that each row begins, and the years since the row before. */
function advanceClock(tape: Tape, market: MarketBlock, rows: Rows): void {
  const { isFirst, starts, hasCarry, memory: { clock } } = tape
  const { from, to } = rows
  const first = Math.max(from, tape.firstRow - market.firstRow)
  isFirst.fill(0, from, to)
  advanceSessions(tape, market, rows)
  if (hasCarry) advanceYears(tape, market, rows)
  clock[CLOSE_TIME] = market.closeTimes[to - 1]
  if (clock[STARTED] === 1 || first >= to) return
  clock[STARTED] = 1
  isFirst[first] = 1
  starts[first] = STARTS_SESSION | STARTS_WEEK | STARTS_MONTH
}

function advanceSessions({ starts, memory: { clock } }: Tape, { sessionDates }: MarketBlock, { from, to }: Rows): void {
  let before = clock[SESSION_DATE]
  let weekEnd = weekStart(weekIndex(before) + 1)
  let monthEnd = monthStart(monthIndex(before) + 1)
  for (let row = from; row < to; row++) {
    const date = sessionDates[row]
    let bits = 0
    if (date !== before) {
      bits = STARTS_SESSION
      if (date >= weekEnd || date < before) {
        if (weekIndex(date) !== weekIndex(before)) bits |= STARTS_WEEK
        weekEnd = weekStart(weekIndex(date) + 1)
      }
      if (date >= monthEnd || date < before) {
        if (monthIndex(date) !== monthIndex(before)) bits |= STARTS_MONTH
        monthEnd = monthStart(monthIndex(date) + 1)
      }
      before = date
    }
    starts[row] = bits
  }
  clock[SESSION_DATE] = before
}

/** None before the second measured row. */
function advanceYears({ years, firstRow, memory: { clock } }: Tape, { closeTimes, firstRow: blockRow }: MarketBlock, { from, to }: Rows): void {
  const first = Math.max(from, firstRow - blockRow) + (clock[STARTED] === 1 ? 0 : 1)
  let before = first > from ? closeTimes[Math.min(first, to) - 1] : clock[CLOSE_TIME]
  for (let row = from; row < Math.min(first, to); row++) years[row] = 0
  for (let row = first; row < to; row++) {
    years[row] = (closeTimes[row] - before) / MS_PER_YEAR
    before = closeTimes[row]
  }
}
