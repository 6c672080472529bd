import { ORDER_KINDS, ORDER_OUTCOMES, portfolioKey } from '../domain/order.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import { formatTime } from '../domain/timeline.ts'
import type { CodedField, CodedLedger, CodedRows, LookedUp } from '../store/coded-ledgers.ts'
import type { LedgerColumn } from '../store/ledgers.ts'

/** Ledgers of recorded portfolios. A row's key columns order it; digests are over rows in that order. */
export const LEDGERS = {
  orders: ['portfolio', 'decidedTime', 'symbol', 'kind'],
  fills: ['portfolio', 'time', 'symbol', 'kind', 'leg', 'sequence'],
  cancellations: ['portfolio', 'time', 'symbol', 'kind', 'sequence'],
  equity: ['portfolio', 'time'],
} as const

export type LedgerName = keyof typeof LEDGERS

export const LEDGER_NAMES = Object.keys(LEDGERS) as LedgerName[]

/** Column name → values, all of one length. Times are milliseconds since the epoch; money in account currency. */
export type LedgerColumns = Readonly<Record<string, (string | number)[]>>

export const LEGS = ['reduce', 'increase'] as const

const lookUp = (by: string, dictionary: string, column: string): LookedUp => ({ by, dictionary, column })
const PORTFOLIO: CodedField = { name: 'portfolio', is: lookUp('portfolio', 'portfolios', 'id') }
const CONTAINER: CodedField = { name: 'containerId', is: lookUp('portfolio', 'portfolios', 'containerId') }
const TIME: CodedField = { name: 'time', is: { time: 'time' } }
const DECIDED: CodedField = { name: 'decidedTime', is: { time: 'decidedTime' } }
const SYMBOL: CodedField = { name: 'symbol', is: lookUp('symbol', 'symbols', 'symbol') }
const KIND: CodedField = { name: 'kind', is: lookUp('kind', 'kinds', 'kind') }
/** As `orderKey` of domain/order.ts makes it. */
const ORDER_KEY: CodedField = {
  name: 'orderKey',
  is: [lookUp('portfolio', 'portfolios', 'key'), { time: 'decidedTime' }, lookUp('symbol', 'symbols', 'symbol'), lookUp('kind', 'kinds', 'kind')],
}
const asStored = (...names: readonly string[]): CodedField[] => names.map((name) => ({ name, is: name }))
const integers = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 'INTEGER' as const]))
const doubles = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 'DOUBLE' as const]))

/** What is collected of each ledger, and the columns that its file has of it. */
export const CODED_LEDGERS: Readonly<Record<LedgerName, CodedLedger>> = {
  orders: {
    stored: { ...integers('portfolio', 'symbol', 'kind'), ...doubles('decidedTime', 'quantity', 'target') },
    fields: [PORTFOLIO, CONTAINER, ORDER_KEY, DECIDED, SYMBOL, KIND, ...asStored('quantity', 'target')],
  },
  fills: {
    stored: { ...integers('portfolio', 'symbol', 'kind', 'leg', 'sequence'), ...doubles('time', 'decidedTime', 'quantity', 'price', 'fee') },
    fields: [PORTFOLIO, CONTAINER, ORDER_KEY, TIME, DECIDED, SYMBOL, KIND, { name: 'leg', is: lookUp('leg', 'legs', 'leg') }, ...asStored('sequence', 'quantity', 'price', 'fee')],
  },
  cancellations: {
    stored: { ...integers('portfolio', 'symbol', 'kind', 'sequence', 'outcome'), ...doubles('time', 'decidedTime', 'quantity') },
    fields: [PORTFOLIO, CONTAINER, ORDER_KEY, TIME, DECIDED, SYMBOL, KIND, ...asStored('sequence', 'quantity'), { name: 'outcome', is: lookUp('outcome', 'outcomes', 'outcome') }],
  },
  equity: {
    stored: { ...integers('portfolio'), ...doubles('time', 'equity', 'cash', 'grossExposure', 'periodReturn') },
    fields: [PORTFOLIO, CONTAINER, TIME, ...asStored('equity', 'cash', 'grossExposure', 'periodReturn')],
  },
}

/** Whose ledgers they are: a batch over a timeline and a universe. */
export interface LedgerSubjects {
  readonly configs: readonly PortfolioConfig[]
  readonly symbols: readonly string[]
  /** Close time of row t. */
  readonly closeTime: (t: number) => number
}

const texts = (name: string, values: readonly string[]): LedgerColumn => ({ name, type: 'VARCHAR', values })

/** What the numbers in a ledger's rows stand for. */
export function ledgerDictionaries({ configs, symbols }: LedgerSubjects): Readonly<Record<string, readonly LedgerColumn[]>> {
  return {
    portfolios: [texts('id', configs.map(({ id }) => id)), texts('containerId', configs.map(({ containerId }) => containerId)), texts('key', configs.map(portfolioKey))],
    symbols: [texts('symbol', symbols)],
    kinds: [texts('kind', ORDER_KINDS)],
    legs: [texts('leg', LEGS)],
    outcomes: [texts('outcome', ORDER_OUTCOMES)],
  }
}

/** A ledger's rows with what their numbers stand for, as its file has them. */
export function namedColumns(name: LedgerName, rows: CodedRows, dictionaries: Readonly<Record<string, readonly LedgerColumn[]>>): LedgerColumns {
  const { fields } = CODED_LEDGERS[name]
  const lookedUp = ({ by, dictionary, column }: LookedUp): (string | number)[] => {
    const words = dictionaries[dictionary].find((candidate) => candidate.name === column)?.values ?? []
    return Array.from(rows.columns[by].subarray(0, rows.count), (number) => words[number] as string | number)
  }
  const stored = (column: string): number[] => Array.from(rows.columns[column].subarray(0, rows.count))
  const valuesOf = ({ is }: CodedField): (string | number)[] => {
    if (typeof is === 'string') return stored(is)
    if ('by' in is) return lookedUp(is)
    if ('time' in is) return stored(is.time)
    const parts = is.map((part) => ('by' in part ? lookedUp(part) : stored(part.time).map(formatTime)))
    return parts[0].map((_, row) => parts.map((part) => part[row]).join('.'))
  }
  return Object.fromEntries(fields.map((field) => [field.name, valuesOf(field)]))
}

/** Columns that hold times, numbers and counts; all others are text. */
const TIMES = new Set(['time', 'decidedTime'])
const NUMBERS = new Set(['quantity', 'target', 'price', 'fee', 'equity', 'cash', 'grossExposure', 'periodReturn'])

export function ledgerFile(ledger: LedgerName): string {
  return `${ledger}.parquet`
}

/** A ledger's columns with their SQL types. */
export function ledgerTable(columns: LedgerColumns): LedgerColumn[] {
  return Object.entries(columns).map(([name, values]): LedgerColumn => {
    if (TIMES.has(name)) return { name, type: 'TIMESTAMP', values: values as number[] }
    if (NUMBERS.has(name)) return { name, type: 'DOUBLE', values: values as number[] }
    if (name === 'sequence') return { name, type: 'INTEGER', values: values as number[] }
    return { name, type: 'VARCHAR', values: values as string[] }
  })
}
