import type { Cancellation, Fill, Order } from '../domain/order.ts'
import { requiredReturn } from '../domain/profile.ts'
import { bookCancellation, bookFill } from './booking.ts'
import { bringBackPortfolio, createBook, createSavedPortfolio, savePortfolio } from './book.ts'
import type { SavedPortfolio } from './book.ts'
import { bookCarry } from './carry.ts'
import { bookCorporateActions } from './corporate-actions.ts'
import { decidePortfolio } from './decide.ts'
import { createDecisionTrace } from './decision-trace.ts'
import { closeAtEnd } from './end-of-run.ts'
import { fillExits } from './exits.ts'
import { createExposure } from './exposure.ts'
import { createFillPlan } from './fill-plan.ts'
import { fillOrders } from './fill-orders.ts'
import { cashNow } from './flows.ts'
import type { BookView, Executions, Kernel, KernelBlock, KernelFactory, KernelSetup, Recorder } from './kernel.ts'
import { markPortfolio } from './mark.ts'
import { readPerformance } from './performance-sums.ts'
import { createResolver } from './rules.ts'
import { restoreSnapshot, takeSnapshot } from './snapshot.ts'
import { advanceTape, createTape, fitTape, hasStarted } from './tape.ts'
import { readTrace } from './trace.ts'
import { turnTo } from './turn.ts'
import type { Turn } from './turn.ts'

const NO_BLOCK: KernelBlock = {
  market: {
    firstRow: 0, rows: 0, closeTimes: new Float64Array(0), openTimes: new Float64Array(0), sessionDates: new Int32Array(0),
    open: new Float64Array(0), high: new Float64Array(0), low: new Float64Array(0), close: new Float64Array(0),
    volume: new Float64Array(0), split: new Float64Array(0), dividend: new Float64Array(0),
    halfSpread: null, delisting: null,
  },
  signals: new Float32Array(0), signalCount: 0, patterns: [],
}

/**
 * The definition of stage 4: design and ORDER.md as plain scalar code. One turn is moved over portfolios and
 * rows; the fused loop goes portfolio by portfolio through a block, the verbs row by row through the batch.
 */
export const createReferenceKernel: KernelFactory = (setup, recorder = {}) => {
  const turn = createTurn(setup, recorder)
  const { memory } = turn.tape
  const saved = createSavedPortfolio(turn.book, turn.symbols)
  const kernel: Kernel = {
    open: (block, row) => {
      enterRow(turn, block, row)
      return propose(turn, saved)
    },
    settle: (executions) => settle(turn, executions),
    mark: (block, row) => {
      expectRow(turn, block, row)
      if (row >= turn.firstRow) eachPortfolio(turn, markPortfolio)
    },
    decide: (block, row) => {
      expectRow(turn, block, row)
      return decide(turn)
    },
    run: (block) => run(turn, block),
    performance: (portfolio) => {
      turnTo(turn, portfolio)
      return readPerformance(turn, hasStarted(memory))
    },
    book: (portfolio) => viewBook(turn, portfolio),
    trace: (portfolio, symbol) => {
      turnTo(turn, portfolio)
      return readTrace(turn, symbol)
    },
    snapshot: () => takeSnapshot(turn.book, memory),
    restore: (bytes) => restoreSnapshot(turn.book, memory, bytes),
  }
  return kernel
}

function eachPortfolio(turn: Turn, act: (turn: Turn) => void): void {
  for (let p = 0; p < turn.everyRules.length; p++) {
    turnTo(turn, p)
    act(turn)
  }
}

/** Books a bar on each portfolio to learn its executions, then puts the portfolio back. */
function propose(turn: Turn, saved: SavedPortfolio): Executions {
  const fills: Fill[] = []
  const cancellations: Cancellation[] = []
  if (turn.t < turn.firstRow) return { fills, cancellations }
  const recorder = turn.events
  const proposal: Recorder = {
    fill: (fill) => fills.push({ ...fill }),
    cancellation: (cancellation) => cancellations.push({ ...cancellation }),
  }
  eachPortfolio(turn, () => {
    startBar(turn)
    savePortfolio(turn.book, turn.portfolio, saved)
    turn.events = proposal
    executeBar(turn)
    turn.events = recorder
    bringBackPortfolio(turn.book, turn.portfolio, saved)
  })
  return { fills, cancellations }
}

function settle(turn: Turn, { fills, cancellations }: Executions): void {
  for (const fill of fills) {
    turnTo(turn, fill.portfolio)
    bookFill(turn, fill)
  }
  for (const cancellation of cancellations) {
    turnTo(turn, cancellation.portfolio)
    bookCancellation(turn, cancellation)
  }
}

function decide(turn: Turn): readonly Order[] {
  const orders: Order[] = []
  if (turn.t < turn.firstRow) return orders
  const recorder = turn.events
  turn.trace.keep = true
  turn.events = {
    ...recorder,
    order: (order) => {
      orders.push({ ...order })
      recorder.order?.(order)
    },
  }
  eachPortfolio(turn, decidePortfolio)
  turn.events = recorder
  return orders
}

function run(turn: Turn, block: KernelBlock): void {
  const { market } = block
  fitTape(turn.tape, market.rows)
  turn.block = block
  advanceTape(turn.tape, market, { from: 0, to: market.rows })
  goToRow(turn, market.rows - 1)
  const first = Math.max(0, turn.firstRow - market.firstRow)
  eachPortfolio(turn, () => {
    for (let row = first; row < market.rows; row++) {
      goToRow(turn, row)
      turn.trace.keep = row === market.rows - 1
      startBar(turn)
      executeBar(turn)
      markPortfolio(turn)
      decidePortfolio(turn)
    }
  })
}

/** Moves the market on to a row of the timeline, which must follow the one before. */
function enterRow(turn: Turn, block: KernelBlock, row: number): void {
  const { firstRow, rows } = block.market
  if (row < firstRow || row >= firstRow + rows) {
    throw new Error(`row ${row} is not in the block of rows ${firstRow} to ${firstRow + rows - 1}`)
  }
  fitTape(turn.tape, rows)
  turn.block = block
  advanceTape(turn.tape, block.market, { from: row - firstRow, to: row - firstRow + 1 })
  goToRow(turn, row - firstRow)
}

function goToRow(turn: Turn, row: number): void {
  turn.row = row
  turn.cell = row * turn.symbols
  turn.t = turn.block.market.firstRow + row
}

/** The block may be another object than at the open (signals come later), but of the same rows. */
function expectRow(turn: Turn, block: KernelBlock, row: number): void {
  if (turn.t !== row || turn.block.market.firstRow !== block.market.firstRow) {
    throw new Error(`row ${row} has not been opened`)
  }
  turn.block = block
}

/** Carry and corporate actions: what happens to a book whoever executes the orders. */
function startBar(turn: Turn): void {
  bookCarry(turn)
  bookCorporateActions(turn)
  if (turn.rules.participation !== Infinity) turn.book.barVolume.fill(0, turn.own, turn.own + turn.symbols)
}

/** Every execution of one portfolio in one bar, in booking order. */
function executeBar(turn: Turn): void {
  const { rules } = turn
  const isLast = turn.t === turn.lastRow
  if (isLast && rules.end === 'last-open') {
    closeAtEnd(turn, 'open')
    return
  }
  fillOrders(turn, 'open')
  fillExits(turn)
  if (isLast && rules.end === 'last-close') closeAtEnd(turn, 'close')
  else if (!rules.fillsAtOpen) fillOrders(turn, 'close')
}

function viewBook(turn: Turn, portfolio: number): BookView {
  const { book, tape, symbols } = turn
  const start = portfolio * symbols
  return {
    cash: cashNow(book, portfolio),
    equity: book.equity[portfolio],
    quantities: book.quantity.slice(start, start + symbols),
    entryPrices: book.entryPrice.slice(start, start + symbols),
    marks: tape.memory.lastClose.slice(),
  }
}

function createTurn(setup: KernelSetup, recorder: Recorder): Turn {
  const { instruments, portfolios } = setup
  const symbols = instruments.length
  const cells = portfolios.length * symbols
  const multipliers = Float64Array.from(instruments, ({ multiplier }) => multiplier)
  const everyRules = portfolios.map(createResolver(instruments))
  const book = createBook({ portfolios: portfolios.length, symbols })
  everyRules.forEach((rules, p) => {
    book.cash[p] = rules.cash
    book.equity[p] = rules.cash
  })
  return {
    symbols,
    names: instruments.map(({ symbol }) => symbol),
    lots: Float64Array.from(instruments, ({ lot }) => lot),
    multipliers,
    margins: Float64Array.from(instruments, ({ margin }) => margin ?? NaN),
    firstRow: setup.firstRow,
    lastRow: setup.lastRow,
    book,
    tape: createTape({ symbols, multipliers, firstRow: setup.firstRow, hasCarry: everyRules.some(({ hasCarry }) => hasCarry) }),
    everyRules,
    returnsPerBar: setup.profile.basis === 'bar',
    riskFree: requiredReturn(setup.profile),
    exposure: createExposure(symbols),
    plan: createFillPlan(symbols),
    trace: createDecisionTrace(cells),
    desired: new Float64Array(symbols),
    kinds: Array.from({ length: symbols }, () => 'target' as const),
    acted: new Int32Array(symbols),
    events: recorder,
    block: NO_BLOCK,
    t: -1, row: 0, cell: 0, portfolio: 0, rules: everyRules[0], own: 0,
    ...createRecords(),
  }
}

function createRecords() {
  const of = { portfolio: 0, symbol: 0, t: 0, decidedAt: 0, kind: 'target', quantity: 0 } as const
  return {
    order: { portfolio: 0, symbol: 0, decidedAt: 0, kind: 'target', quantity: 0, target: NaN },
    fill: { ...of, leg: 'reduce', price: 0, fee: 0 },
    cancellation: { ...of, outcome: 'filled' },
    equityRow: { portfolio: 0, t: 0, equity: 0, cash: 0, grossExposure: 0, periodReturn: 0 },
  } satisfies Pick<Turn, 'order' | 'fill' | 'cancellation' | 'equityRow'>
}
