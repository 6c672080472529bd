import { MillraceError } from '../base/errors.ts'

/** What a column may be to us, and the header names (see `normalise`) that say so without being told. */
const ALIASES = {
  time: ['timestamp', 'date', 'time', 'datetime', 'localtime', 'gmttime'],
  symbol: ['symbol', 'ticker'],
  open: ['open'],
  high: ['high'],
  low: ['low'],
  close: ['close'],
  volume: ['volume', 'vol'],
  split: ['split', 'splits', 'splitcoefficient', 'splitratio', 'stocksplits'],
  dividend: ['dividend', 'dividends', 'dividendamount', 'exdividend'],
  bidOpen: ['bidopen'], bidHigh: ['bidhigh'], bidLow: ['bidlow'], bidClose: ['bidclose'],
  askOpen: ['askopen'], askHigh: ['askhigh'], askLow: ['asklow'], askClose: ['askclose'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type ColumnRole = keyof typeof ALIASES
export const COLUMN_ROLES = Object.keys(ALIASES) as readonly ColumnRole[]

/** A header name, or `none`: the file has no such column (or it is not to be used). */
export type ColumnMapping = Readonly<Partial<Record<ColumnRole, string>>>

const PRICE_ROLES: readonly ColumnRole[] = ['open', 'high', 'low', 'close']
const QUOTE_ROLES: readonly ColumnRole[] = ['bidOpen', 'bidHigh', 'bidLow', 'bidClose', 'askOpen', 'askHigh', 'askLow', 'askClose']
const OPTIONAL_ROLES: readonly ColumnRole[] = ['symbol', 'split', 'dividend']

/** Where in a record each role is found. */
export interface ColumnPlan {
  /** Field index by role; roles the file does not have are absent. */
  readonly fields: ReadonlyMap<ColumnRole, number>
  /** Names in file order, for messages. */
  readonly names: readonly string[]
  /** Bid and ask prices instead of prices. */
  readonly quotes: boolean
}

/** `Date Time`, `date_time` and `<DATETIME>` are one name. */
function normalise(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

function refuse(where: string, details: { message: string; hint: string; names: readonly string[] }): never {
  throw new MillraceError({
    code: 'CSV_COLUMNS', where, value: details.names.join(', '), hint: details.hint,
    message: `${details.message}; found: ${details.names.map((name) => name || '(no name)').join(', ')}`,
  })
}

/**
 * Finds the columns of a file by name: those of `mapping` exactly, the others by their usual names.
 * Needed are time, the four prices (or all eight bid and ask prices) and volume, unless it is mapped to `none`.
 * @throws CSV_COLUMNS naming what was found and what was expected.
 */
export function planColumns(header: readonly string[], mapping: ColumnMapping, where: string): ColumnPlan {
  const names = header.map((name) => name.trim())
  refuseDuplicates(names, where)
  const fields = new Map<ColumnRole, number>()
  for (const role of COLUMN_ROLES) {
    const field = mapping[role] === undefined ? findAlias(role, names, where) : findMapped(role, { name: mapping[role], names, where })
    if (field >= 0) fields.set(role, field)
  }
  const quotes = !PRICE_ROLES.some((role) => fields.has(role)) && QUOTE_ROLES.some((role) => fields.has(role))
  const needed: readonly ColumnRole[] = ['time', ...(quotes ? QUOTE_ROLES : PRICE_ROLES)]
  const missing = needed.filter((role) => !fields.has(role))
  if (!fields.has('volume') && mapping.volume !== 'none') missing.push('volume')
  if (missing.length > 0) {
    const example = missing[0] === 'volume' ? 'columns: { volume: NAME }, or columns: { volume: none } where there is none' : `columns: { ${missing[0]}: NAME }`
    refuse(where, { names, message: `no column for ${missing.join(', ')}`, hint: `name it under ${example}` })
  }
  for (const role of quotes ? PRICE_ROLES : QUOTE_ROLES) fields.delete(role)
  return { fields, names, quotes }
}

function refuseDuplicates(names: readonly string[], where: string): void {
  const twice = names.find((name, index) => name !== '' && names.indexOf(name) < index)
  if (twice !== undefined) refuse(where, { names, message: `the column ${twice} is there twice`, hint: 'rename or remove one of them' })
}

function findMapped(role: ColumnRole, of: { name: string; names: readonly string[]; where: string }): number {
  if (of.name === 'none' && (role === 'volume' || OPTIONAL_ROLES.includes(role))) return -1
  const field = of.names.indexOf(of.name)
  if (field < 0) refuse(of.where, { names: of.names, message: `no column ${of.name} (mapped to ${role})`, hint: `correct columns.${role}` })
  return field
}

function findAlias(role: ColumnRole, names: readonly string[], where: string): number {
  const aliases: readonly string[] = ALIASES[role]
  const matches = names.flatMap((name, index) => (aliases.includes(normalise(name)) ? [index] : []))
  if (matches.length > 1) {
    refuse(where, { names, message: `${matches.map((index) => names[index]).join(' and ')} could each be the ${role}`, hint: `say which: columns: { ${role}: ${names[matches[0]]} }` })
  }
  return matches[0] ?? -1
}
