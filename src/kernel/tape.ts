import { monthIndex, weekIndex } from '../domain/timeline.ts'
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
  /** STARTS_… bits. */
  starts: Uint8Array
  /** 1 = the first row that is measured. */
  isFirst: Uint8Array
  /** Years of 365 days since the last row; 0 in the first measured one. */
  years: Float64Array
}

export function createTape(of: { symbols: number; multipliers: Float64Array; firstRow: number }): Tape {
  const { symbols } = of
  return {
    ...of,
    memory: {
      lastClose: new Float64Array(symbols),
      barsClosed: new Float64Array(symbols),
      waitingSplit: new Float64Array(symbols).fill(1),
      waitingDividend: new Float64Array(symbols),
      clock: new Float64Array([0, 0, 0, -1]),
    },
    ...createRows({ symbols, rows: 0 }),
  }
}

function createRows({ symbols, rows }: { symbols: number; rows: number }) {
  const cells = rows * symbols
  return {
    rows,
    mark: new Float64Array(cells + symbols),
    unit: new Float64Array(cells + symbols),
    bars: new Float64Array(cells + symbols),
    tradable: new Uint8Array(cells),
    split: new Float64Array(cells),
    dividend: new Float64Array(cells),
    delisting: new Float64Array(cells),
    hasActions: new Uint8Array(rows),
    starts: new Uint8Array(rows),
    isFirst: new Uint8Array(rows),
    years: new Float64Array(rows),
  }
}

/** Makes room for a block; what was written for another block is gone. */
export function fitTape(tape: Tape, rows: number): void {
  if (rows > tape.rows) Object.assign(tape, createRows({ symbols: tape.symbols, rows }))
}

/** Whether a measured row has been reached. */
export function hasStarted(memory: MarketMemory): boolean {
  return memory.clock[STARTED] === 1
}

/** Moves on to row `row` of the block: rows must come in order, each once, none left out once measured. */
export function advanceTape(tape: Tape, market: MarketBlock, row: number): void {
  const { memory, symbols, multipliers } = tape
  const last = memory.clock[ROW]
  const t = market.firstRow + row
  if (t <= last || (hasStarted(memory) && t !== last + 1)) throw new Error(`row ${t} cannot follow row ${last}`)
  memory.clock[ROW] = t
  const start = row * symbols
  tape.hasActions[row] = 0
  for (let n = 0; n < symbols; n++) {
    const at = start + n
    const after = at + symbols
    tape.mark[at] = memory.lastClose[n]
    tape.unit[at] = memory.lastClose[n] * multipliers[n]
    tape.bars[at] = memory.barsClosed[n]
    const close = market.close[at]
    const delisting = market.delisting === null ? NaN : market.delisting[at]
    tape.delisting[at] = delisting
    tape.tradable[at] = close === close && delisting !== delisting ? 1 : 0
    advanceActions(tape, market, at)
    if (close === close) {
      memory.lastClose[n] = close
      memory.barsClosed[n] += 1
    }
    tape.mark[after] = memory.lastClose[n]
    tape.unit[after] = memory.lastClose[n] * multipliers[n]
    tape.bars[after] = memory.barsClosed[n]
  }
  advanceClock(tape, market, row)
}

function advanceActions(tape: Tape, market: MarketBlock, at: number): void {
  const { memory, symbols } = tape
  const n = at % symbols
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
  if (tape.split[at] !== 1 || tape.dividend[at] !== 0 || delisted) tape.hasActions[Math.floor(at / symbols)] = 1
  if (!acts) return
  memory.waitingSplit[n] = 1
  memory.waitingDividend[n] = 0
}

function advanceClock(tape: Tape, market: MarketBlock, row: number): void {
  const { clock } = tape.memory
  const measured = market.firstRow + row >= tape.firstRow
  const isFirst = measured && clock[STARTED] === 0
  const closeTime = market.closeTimes[row]
  const sessionDate = market.sessionDates[row]
  let starts = 0
  if (isFirst) starts = STARTS_SESSION | STARTS_WEEK | STARTS_MONTH
  else if (sessionDate !== clock[SESSION_DATE]) {
    starts = STARTS_SESSION
    if (weekIndex(sessionDate) !== weekIndex(clock[SESSION_DATE])) starts |= STARTS_WEEK
    if (monthIndex(sessionDate) !== monthIndex(clock[SESSION_DATE])) starts |= STARTS_MONTH
  }
  tape.isFirst[row] = isFirst ? 1 : 0
  tape.starts[row] = starts
  tape.years[row] = measured && !isFirst ? (closeTime - clock[CLOSE_TIME]) / MS_PER_YEAR : 0
  clock[CLOSE_TIME] = closeTime
  clock[SESSION_DATE] = sessionDate
  if (measured) clock[STARTED] = 1
}
