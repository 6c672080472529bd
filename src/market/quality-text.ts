import { formatInterval, MS_PER_DAY } from './interval.ts'
import type { FileQuality, QualityReport, Refusals } from './quality.ts'
import type { Finding, SymbolQuality } from './quality-findings.ts'

/** Findings shown per symbol, and refusals per file. */
const FINDINGS_SHOWN = 10
const REFUSALS_SHOWN = 5

/** The report as lines of plain text, for a terminal. */
export function formatQuality(report: QualityReport): string[] {
  const bad = report.files.filter(({ refused }) => refused.total > 0).length
  return [
    ...report.files.flatMap(fileLines),
    ...(report.together.total > 0 ? ['all files together', ...refusalLines(report.together)] : []),
    '',
    report.sound
      ? `${plural(report.files.length, 'file')}: all would load`
      : `${plural(report.files.length, 'file')}, ${bad} with problems: would not load as stated`,
  ]
}

function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
}

function fileLines(file: FileQuality): string[] {
  const single = file.symbols.length === 1
  return [
    `${file.file}  ${plural(file.rows, 'row')}${single ? `  ${summary(file.symbols[0])}` : ''}`,
    ...file.symbols.flatMap((symbol) => [...(single ? [] : [`  ${symbol.symbol}  ${summary(symbol)}`]), ...findingLines(symbol)]),
    ...refusalLines(file.refused),
  ]
}

/** Bars that are not in ascending order, which is refused elsewhere, have no interval. */
function intervalText(intervalMs: number): string {
  if (Number.isNaN(intervalMs)) return 'one bar'
  return intervalMs > 0 ? formatInterval(intervalMs) : 'no interval'
}

function summary(symbol: SymbolQuality): string {
  const { gaps } = symbol
  const parts = [
    `${symbol.first} to ${symbol.last}`,
    intervalText(symbol.intervalMs),
    gaps.count > 0 ? `${plural(gaps.count, 'gap')} (longest ${duration(gaps.longestMs)} after ${gaps.longestAfter})` : 'no gaps',
  ]
  if (symbol.splits > 0) parts.push(plural(symbol.splits, 'split'))
  if (symbol.dividends > 0) parts.push(plural(symbol.dividends, 'dividend'))
  if (symbol.zeroVolumes > 0) parts.push(`${plural(symbol.zeroVolumes, 'bar')} without volume`)
  if (symbol.staleRuns > 0) parts.push(`${plural(symbol.staleRuns, 'stale run')} (longest ${symbol.longestStaleRun} equal closes)`)
  if (symbol.repeatedBars > 0) parts.push(`${plural(symbol.repeatedBars, 'bar')} repeating the one before`)
  return parts.join(', ')
}

function duration(ms: number): string {
  return ms >= MS_PER_DAY ? `${(ms / MS_PER_DAY).toFixed(1)} days` : `${(ms / 3_600_000).toFixed(1)} h`
}

const isOutlier = ({ kind }: Finding) => kind === 'outlier'

/** Outliers last: there are many in any crash, and the others are rather mistakes. */
function findingLines({ findings }: SymbolQuality): string[] {
  const ordered = [...findings.filter((finding) => !isOutlier(finding)), ...findings.filter(isOutlier)]
  const lines = ordered.slice(0, FINDINGS_SHOWN).map((finding) => `  look   ${finding.where}  ${finding.time}  ${finding.message}`)
  return findings.length > FINDINGS_SHOWN ? [...lines, `  look   … and ${findings.length - FINDINGS_SHOWN} more`] : lines
}

function refusalLines(refused: Refusals): string[] {
  const shown = refused.problems.slice(0, REFUSALS_SHOWN)
  const lines = shown.flatMap((problem) => [
    `  error  ${problem.code}  ${problem.where ?? ''}  ${problem.message}${problem.value === undefined ? '' : `: ${JSON.stringify(problem.value)}`}`,
    ...(problem.hint === undefined ? [] : [`         ${problem.hint}`]),
  ])
  const hidden = refused.total - shown.length
  return hidden > 0 ? [...lines, `  error  … and ${hidden} more of ${refused.total}`] : lines
}
