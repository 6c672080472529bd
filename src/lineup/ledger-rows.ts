import { orderKey, portfolioKey, type Cancellation, type Fill, type Order, type OrderKind } from '../domain/order.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { EquityRow, Recorder } from '../kernel/kernel.ts'
import type { LedgerColumn } from '../store/ledgers.ts'

/** Ledgers of recorded portfolios. A row's key columns order it; digests are over rows in that order. */
export const LEDGERS = {
  orders: ['portfolio', 'decidedTime', 'symbol', 'kind'],
  fills: ['portfolio', 'time', 'symbol', 'kind', 'leg', 'sequence'],
  cancellations: ['portfolio', 'time', 'symbol', 'kind', 'sequence'],
  equity: ['portfolio', 'time'],
} as const

export type LedgerName = keyof typeof LEDGERS

/** Column name → values, all of one length. Times are milliseconds since the epoch; money in account currency. */
export type LedgerColumns = Readonly<Record<string, (string | number)[]>>

const COLUMNS: Readonly<Record<LedgerName, readonly string[]>> = {
  orders: ['portfolio', 'containerId', 'orderKey', 'decidedTime', 'symbol', 'kind', 'quantity', 'target'],
  fills: [
    'portfolio', 'containerId', 'orderKey', 'time', 'decidedTime', 'symbol', 'kind', 'leg', 'sequence',
    'quantity', 'price', 'fee',
  ],
  cancellations: [
    'portfolio', 'containerId', 'orderKey', 'time', 'decidedTime', 'symbol', 'kind', 'sequence', 'quantity', 'outcome',
  ],
  equity: ['portfolio', 'containerId', 'time', 'equity', 'cash', 'grossExposure', 'periodReturn'],
}

/** Columns that hold times, numbers and counts; all others are text. */
const TIMES = new Set(['time', 'decidedTime'])
const NUMBERS = new Set(['quantity', 'target', 'price', 'fee', 'equity', 'cash', 'grossExposure', 'periodReturn'])

export function ledgerFile(ledger: LedgerName): string {
  return `${ledger}.parquet`
}

/** A ledger's columns with their SQL types, as the store writes them. */
export function ledgerTable(columns: LedgerColumns): LedgerColumn[] {
  return Object.entries(columns).map(([name, values]): LedgerColumn => {
    if (TIMES.has(name)) return { name, type: 'TIMESTAMP', values: values as number[] }
    if (NUMBERS.has(name)) return { name, type: 'DOUBLE', values: values as number[] }
    if (name === 'sequence') return { name, type: 'INTEGER', values: values as number[] }
    return { name, type: 'VARCHAR', values: values as string[] }
  })
}

export interface LedgerRows {
  readonly recorder: Recorder
  readonly ledgers: Readonly<Record<LedgerName, LedgerColumns>>
}

/** Collects everything a batch does as ledger rows, in the order it happens per portfolio. */
export function collectLedgerRows(of: {
  readonly configs: readonly PortfolioConfig[]
  readonly symbols: readonly string[]
  /** Close time of row t. */
  readonly closeTime: (t: number) => number
}): LedgerRows {
  const ledgers = Object.fromEntries(
    Object.entries(COLUMNS).map(([ledger, names]) => [ledger, Object.fromEntries(names.map((name) => [name, []]))]),
  ) as unknown as Record<LedgerName, Record<string, (string | number)[]>>
  /** A key hashes a whole portfolio: of those that never order, and in sweeps that record nothing, none is made. */
  const keys: string[] = []
  const keyOf = (portfolio: number): string => (keys[portfolio] ??= portfolioKey(of.configs[portfolio]))
  /** Per portfolio, so that a row does not depend on the batch it was made in. */
  const sequences = new Int32Array(of.configs.length)

  const who = (columns: Record<string, (string | number)[]>, portfolio: number) => {
    columns.portfolio.push(of.configs[portfolio].id)
    columns.containerId.push(of.configs[portfolio].containerId)
  }
  const what = (
    columns: Record<string, (string | number)[]>,
    order: { portfolio: number; symbol: number; decidedAt: number; kind: OrderKind },
  ) => {
    const closeTime = of.closeTime(order.decidedAt)
    const symbol = of.symbols[order.symbol]
    who(columns, order.portfolio)
    columns.orderKey.push(orderKey({ portfolioKey: keyOf(order.portfolio), closeTime, symbol, kind: order.kind }))
    columns.decidedTime.push(closeTime)
    columns.symbol.push(symbol)
    columns.kind.push(order.kind)
  }
  const recorder: Recorder = {
    order: (order: Order) => {
      what(ledgers.orders, order)
      ledgers.orders.quantity.push(order.quantity)
      ledgers.orders.target.push(order.target)
    },
    fill: (fill: Fill) => {
      what(ledgers.fills, fill)
      const { time, leg, quantity, price, fee } = ledgers.fills
      time.push(of.closeTime(fill.t))
      leg.push(fill.leg)
      ledgers.fills.sequence.push(sequences[fill.portfolio]++)
      quantity.push(fill.quantity)
      price.push(fill.price)
      fee.push(fill.fee)
    },
    cancellation: (cancellation: Cancellation) => {
      what(ledgers.cancellations, cancellation)
      ledgers.cancellations.time.push(of.closeTime(cancellation.t))
      ledgers.cancellations.sequence.push(sequences[cancellation.portfolio]++)
      ledgers.cancellations.quantity.push(cancellation.quantity)
      ledgers.cancellations.outcome.push(cancellation.outcome)
    },
    equity: (row: EquityRow) => {
      who(ledgers.equity, row.portfolio)
      ledgers.equity.time.push(of.closeTime(row.t))
      ledgers.equity.equity.push(row.equity)
      ledgers.equity.cash.push(row.cash)
      ledgers.equity.grossExposure.push(row.grossExposure)
      ledgers.equity.periodReturn.push(row.periodReturn)
    },
  }
  return { recorder, ledgers }
}
