import { MillraceError } from '../base/errors.ts'
import { DECISION_FIELDS, decisionFieldOffset } from '../domain/risk-decision.ts'
import { globMatcher } from '../base/glob.ts'
import { nameHint } from '../experiment/names.ts'
import { parseFeature } from '../features/expression.ts'
import { featureWidth } from '../features/graph.ts'
import { featureFile } from '../stages/feature-task.ts'
import type { ExportColumn } from '../store/panel-export.ts'
import type { Address } from '../store/store.ts'
import type { OpenedRun } from './opened-run.ts'

/** What a run stores as panels, by the name of its table. */
export const PANEL_TABLES = ['signals', 'decisions', 'predictions', 'features'] as const
export type PanelTable = (typeof PANEL_TABLES)[number]

/** Columns of one stored panel that belong to a table, labelled in the table's own label columns. */
export interface TablePart {
  readonly artefact: Address
  readonly file: string
  readonly columns: readonly ExportColumn[]
}

/** The symbol of values that are not one symbol's: market-wide features, scales, gross limits. */
export const WHOLE_MARKET = '*'

/** Names a table of a run has values of, in the order of the run. */
export function tableNames(run: OpenedRun, table: PanelTable): string[] {
  if (table === 'predictions') return run.experiment.models.map((model) => model.name).filter((name) => Object.hasOwn(run.artefacts.signals, name))
  return Object.keys(run.artefacts[table])
}

/**
 * The names that patterns (with `*`, `?` and braces) choose, each once, in the order of the run; all without patterns.
 * @throws MillraceError USAGE for a pattern that chooses nothing, with the nearest name; CONFIG_VALUE for braces of too many choices
 */
export function chooseNames(run: OpenedRun, table: PanelTable, patterns: readonly string[]): string[] {
  const names = tableNames(run, table)
  if (patterns.length === 0) return names
  const chosen = new Set<string>()
  for (const pattern of patterns) {
    const matches = globMatcher(pattern)
    const found = names.filter((name) => matches(name) || matches(groupOf(name)))
    if (found.length === 0) {
      throw new MillraceError({
        code: 'USAGE', message: `run ${run.id} has no such ${table.slice(0, -1)}`, value: pattern,
        hint: unstoredHint(run, table) ?? nameHint(pattern, [...new Set(names.flatMap((name) => [groupOf(name), name]))]),
      })
    }
    for (const name of found) chosen.add(name)
  }
  return names.filter((name) => chosen.has(name))
}

/** Where a run has not stored the signals that portfolios alone read. */
export function unstoredHint(run: OpenedRun, table: PanelTable): string | undefined {
  if (table !== 'signals' || run.record.sizes.signals !== 'fused') return undefined
  return 'what portfolios alone read was made and not stored (stages 1 and 4 went together); run the experiment again with --signals stored'
}

/** `trend` for `trend[fast=5,slow=20]`, `default` for `default/var`. */
function groupOf(name: string): string {
  return /^[^[/(]*/.exec(name)?.[0] ?? name
}

/** Where the values of these names are, panel by panel, only of `symbols` where they are given. */
export function tableParts(run: OpenedRun, table: PanelTable, of: { readonly names: readonly string[]; readonly symbols?: readonly string[] }): TablePart[] {
  const parts = new Map<string, { artefact: Address; file: string; columns: ExportColumn[] }>()
  for (const name of of.names) {
    const { artefact, file, columns } = columnsOf(run, table, name)
    const part = parts.get(`${artefact}/${file}`) ?? { artefact, file, columns: [] }
    parts.set(`${artefact}/${file}`, part)
    part.columns.push(...columns.filter(({ labels }) => isWanted(labels.symbol, of.symbols)))
  }
  return [...parts.values()].filter(({ columns }) => columns.length > 0)
}

function isWanted(symbol: string, symbols: readonly string[] | undefined): boolean {
  return symbols === undefined || symbol === WHOLE_MARKET || symbols.includes(symbol) || symbols.some((wanted) => symbol.split('/').includes(wanted))
}

function columnsOf(run: OpenedRun, table: PanelTable, name: string): TablePart {
  const { symbols } = run.artefacts
  if (table === 'decisions') return decisionColumns(run, name)
  if (table === 'features') {
    const { artefact, position } = run.artefacts.features[name]
    const columns = featureSymbols(name, symbols).map((symbol, column) => ({ column, labels: { feature: name, symbol } }))
    return { artefact, file: featureFile(position), columns }
  }
  const { artefact, position } = run.artefacts.signals[name]
  if (table === 'predictions') {
    return { artefact, file: 'predictions', columns: symbols.map((symbol, column) => ({ column, labels: { model: name, symbol } })) }
  }
  const columns = symbols.map((symbol, n) => ({ column: position * symbols.length + n, labels: { signal: name, symbol } }))
  return { artefact, file: 'signals', columns }
}

function decisionColumns(run: OpenedRun, name: string): TablePart {
  const { symbols } = run.artefacts
  const { artefact, fields } = run.artefacts.decisions[name]
  const columns = DECISION_FIELDS.filter((field) => fields.includes(field)).flatMap((field) => {
    const offset = decisionFieldOffset(fields, field, symbols.length)
    const owners = field === 'scale' || field === 'gross' ? [WHOLE_MARKET] : symbols
    return owners.map((symbol, n) => ({ column: offset + n, labels: { decision: name, field, symbol } }))
  })
  return { artefact, file: 'decisions', columns }
}

/** Whose each value of a feature's row is: the symbols', the market's, or a pair's as `first/second`. */
function featureSymbols(expression: string, symbols: readonly string[]): readonly string[] {
  const width = featureWidth(parseFeature(expression))
  if (width === 'symbol') return symbols
  if (width === 'market') return [WHOLE_MARKET]
  return symbols.flatMap((first, i) => symbols.slice(i + 1).map((second) => `${first}/${second}`))
}
