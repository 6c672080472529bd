import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from './machine.ts'
import type { Bench, Figure } from './measure.ts'

/** One file of bench/results. */
interface Recorded {
  readonly measuredAt: string
  readonly machine: Machine
  readonly benches: readonly Bench[]
}

/** A bench as it was last recorded. */
interface Latest extends Pick<Recorded, 'measuredAt' | 'machine'> {
  readonly bench: Bench
}

/** Text of docs/benchmarks.md and of its plots, by file name. */
export interface Report {
  readonly page: string
  readonly plots: ReadonlyMap<string, string>
}

const plain = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

function shown(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-6 ? value.toExponential(1) : plain.format(value)
}

/** The newest record of every bench, told as one page: ratios first, then what they are ratios of. */
export function reportOf(folder: string): Report {
  const plots = new Map<string, string>()
  const sections = latestOf(folder).map((latest) => {
    const file = `${slug(latest.bench.name)}.svg`
    plots.set(file, plotOf(latest.bench))
    return section(latest, file)
  })
  return { page: [INTRODUCTION, ...sections].join('\n'), plots }
}

const INTRODUCTION = `# Benchmarks

\`npm run bench\` measures everything below again and writes this page (\`npm run bench -- kernel csv\` for some of it). Figures are
medians of several runs, taken in turns within one process or between processes that wait for each other; a ratio compares
medians of one run. Other machines give other figures; ratios travel better. Peers are measured where
\`MILLRACE_BENCH_PYTHON\` (or \`python3\`) has their packages, and are left out, with a word, where not.
`

function latestOf(folder: string): Latest[] {
  const latest = new Map<string, Latest>()
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json')).toSorted()) {
    const { measuredAt, machine, benches } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Recorded
    for (const bench of benches) latest.set(bench.name, { measuredAt, machine, bench })
  }
  return [...latest.values()]
}

function slug(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '')
}

function section({ bench, machine, measuredAt }: Latest, plot: string): string {
  const rows = [...bench.figures].toSorted((a, b) => Number(isRatio(b)) - Number(isRatio(a)))
  return [
    `## ${bench.name}`, '',
    `![medians, on logarithmic scales](benchmarks/${plot})`, '',
    '| | median | least to most | runs |', '| --- | ---: | ---: | ---: |',
    ...rows.map((row) => `| ${row.name} | ${shown(row.median)} ${row.unit} | ${shown(Math.min(row.least, row.most))} to ${shown(Math.max(row.least, row.most))} | ${row.runs} |`),
    '', `${measuredAt.slice(0, 10)}, commit ${machine.commit}: ${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}.`,
    ...settingOf(bench).map((line) => `* ${line}`), '',
  ].join('\n')
}

function isRatio({ unit }: Figure): boolean {
  return unit === '×'
}

/** What was measured on; long series (memory by window) are for the plots. */
function settingOf({ setting }: Bench): string[] {
  return Object.entries(setting).flatMap(([name, value]) => {
    const told = typeof value === 'string' ? value : JSON.stringify(value)
    return told.length > 400 ? [] : [`${name}: ${told}`]
  })
}

const WIDTH = 820
const LABEL = 330
const BAR = 18

/** Horizontal bars of the medians, by unit, each unit on a logarithmic scale of its own. */
function plotOf({ figures }: Bench): string {
  const units = [...new Set(figures.map(({ unit }) => unit))]
  const lines: string[] = []
  let y = 6
  for (const unit of units) {
    const some = figures.filter((figure) => figure.unit === unit && figure.median > 0)
    if (some.length === 0) continue
    const logs = some.map(({ median }) => Math.log10(median))
    const least = Math.min(...logs) - 0.3
    const span = Math.max(...logs) - least
    lines.push(text({ x: LABEL, y: y + 13, weight: 'bold' }, unit === '' ? 'difference' : unit))
    y += BAR + 4
    some.forEach((figure, i) => {
      const length = (0.75 * (WIDTH - LABEL) * (logs[i] - least)) / span
      lines.push(text({ x: LABEL - 8, y: y + 13, anchor: 'end' }, figure.name))
      lines.push(`<rect x="${LABEL}" y="${y}" width="${length.toFixed(1)}" height="${BAR - 4}" fill="#4477aa"/>`)
      lines.push(text({ x: LABEL + length + 6, y: y + 12 }, shown(figure.median)))
      y += BAR
    })
    y += 10
  }
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" font-family="sans-serif" font-size="12">`
  return [head, `<rect width="${WIDTH}" height="${y}" fill="white"/>`, ...lines, '</svg>', ''].join('\n')
}

function text({ x, y, anchor = 'start', weight = 'normal' }: { x: number; y: number; anchor?: string; weight?: string }, content: string): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}" font-weight="${weight}">${safe}</text>`
}
