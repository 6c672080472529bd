import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from './machine.ts'
import { reached, type Bench, type Figure, type Target } from './measure.ts'
import { barsOf, isRatio, linesOf, shown } from './plot.ts'

/** A bench as it is recorded: `id` is what it is asked for by. */
export type RecordedBench = Bench & { readonly id: string }

/** One file of bench/results. */
export interface Recorded {
  readonly measuredAt: string
  readonly machine: Machine
  readonly benches: readonly RecordedBench[]
}

/** A bench as it was last recorded. */
interface Latest extends Pick<Recorded, 'measuredAt' | 'machine'> {
  readonly bench: RecordedBench
}

/** Text of docs/benchmarks.md and of its plots, by file name. */
export interface Report {
  readonly page: string
  readonly plots: ReadonlyMap<string, string>
}

/** The newest record of every bench, told as one page: ratios first, then what they are ratios of. */
export function reportOf(folder: string): Report {
  const plots = new Map<string, string>()
  const latest = latestOf(folder)
  const sections = latest.map((each) => {
    const { id, figures, plot } = each.bench
    plots.set(`${id}.svg`, plot === undefined ? barsOf(figures) : linesOf(plot))
    return section(each)
  })
  return { page: [INTRODUCTION, targetsOf(latest), ...sections].join('\n'), plots }
}

/** Everything that is meant to reach something, at a glance. */
function targetsOf(latest: readonly Latest[]): string {
  const aimed = latest.flatMap(({ bench }) => bench.figures.filter(({ target }) => target !== undefined).map((figure) => ({ id: bench.id, figure })))
  const some = aimed.filter(({ figure: { target, median } }) => target !== undefined && reached(target, median)).length
  return [
    '## Targets', '', `${some} of ${aimed.length} are reached.`, '', '| | | median | target |', '| --- | --- | ---: | --- |',
    ...aimed.map(({ id, figure }) => `| \`${id}\` | ${figure.name} | ${told(figure)} | ${verdict(figure)} |`), '',
  ].join('\n')
}

const INTRODUCTION = `# Benchmarks

\`npm run bench\` measures everything below again and writes this page, in some thirty minutes; \`npm run bench -- kernel csv\`
measures some of it, by the names in brackets. Figures are
medians of as many runs as stand in the last column (one, where a run takes minutes), taken in turns within one process or between processes that wait for each other; a ratio compares
what was measured in one run. A dark line across a bar is its target. Other machines give other figures; ratios travel better. Peers are measured where
\`MILLRACE_BENCH_PYTHON\` (or \`python3\`) has their packages (\`vectorbt\`, \`plotly<7\`, \`backtesting\`, \`backtrader\`), and are left out, with a word, where not.
`

function latestOf(folder: string): Latest[] {
  const latest = new Map<string, Latest>()
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json')).toSorted()) {
    const { measuredAt, machine, benches } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Recorded
    for (const bench of benches) latest.set(bench.id, { measuredAt, machine, bench })
  }
  return [...latest.values()]
}

function section({ bench, machine, measuredAt }: Latest): string {
  const rows = [...bench.figures].toSorted((a, b) => Number(isRatio(b.unit)) - Number(isRatio(a.unit)))
  const hasTargets = rows.some(({ target }) => target !== undefined)
  const cells = (row: Figure): string[] => [
    row.name, told(row), ...(hasTargets ? [verdict(row)] : []),
    `${shown(Math.min(row.least, row.most))} to ${shown(Math.max(row.least, row.most))}`, String(row.runs),
  ]
  const line = (some: readonly string[]): string => `| ${some.join(' | ')} |`
  return [
    `## ${bench.name} (\`${bench.id}\`)`, '',
    `![${bench.plot === undefined ? 'medians' : `${bench.plot.y}, by ${bench.plot.x}`}](benchmarks/${bench.id}.svg)`, '',
    line(['', 'median', ...(hasTargets ? ['target'] : []), 'least to most', 'runs']),
    line(['---', '---:', ...(hasTargets ? ['---'] : []), '---:', '---:']),
    ...rows.map((row) => line(cells(row))),
    '', `${measuredAt.slice(0, 10)}, commit ${machine.commit}: ${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}.`,
    ...(bench.notes ?? []).map((note) => `* ${note}`),
    ...settingOf(bench).map((setting) => `* ${setting}`), '',
  ].join('\n')
}

function verdict({ target, median }: Figure): string {
  return target === undefined ? '' : `${aimOf(target)}: ${reached(target, median) ? 'reached' : '**missed**'}`
}

function aimOf(target: Target): string {
  return 'atLeast' in target ? `≥ ${shown(target.atLeast)}` : `≤ ${shown(target.atMost)}`
}

/** A median and its unit; one that misses its target by less than what is shown of it, with more digits. */
function told({ median, unit, target }: Figure): string {
  const aim = target === undefined ? NaN : 'atLeast' in target ? target.atLeast : target.atMost
  const hides = target !== undefined && !reached(target, median) && shown(median) === shown(aim)
  return `${hides ? median.toPrecision(6) : shown(median)} ${unit}`.trim()
}

/** What was measured on. */
function settingOf({ setting }: Bench): string[] {
  return Object.entries(setting).flatMap(([name, value]) => {
    const said = typeof value === 'string' ? value : JSON.stringify(value)
    return said.length > 400 ? [] : [`${name}: ${said}`]
  })
}
