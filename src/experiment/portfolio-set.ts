import type { PortfolioConfig } from '../domain/portfolio.ts'
import { resolveChoice, type KnownPatterns, type PortfolioChoice, type PortfolioTemplate } from './portfolios.ts'

/** Portfolios as plain data that is small to send: what they share once, and of each what it has chosen. */
export interface PortfolioSet {
  readonly groups: readonly PortfolioTemplate[]
  readonly patterns: KnownPatterns
  /** Those of `each` that they follow. */
  readonly signals: readonly string[]
  /** A row of {@link columns} numbers a portfolio: of its group, of its signal (−1 without), and its places. */
  readonly choices: Float64Array
  readonly columns: number
}

export function gatherPortfolios(choices: readonly PortfolioChoice[], patterns: KnownPatterns): PortfolioSet {
  const groups = new Map<PortfolioTemplate, number>()
  const signals = new Map<string, number>()
  for (const { group, signal } of choices) {
    if (!groups.has(group)) groups.set(group, groups.size)
    if (signal !== null && !signals.has(signal)) signals.set(signal, signals.size)
  }
  const templates = [...groups.keys()]
  const columns = 2 + Math.max(0, ...templates.map(({ axes }) => axes.length))
  const rows = new Float64Array(choices.length * columns)
  choices.forEach(({ group, signal, places }, p) => {
    rows[p * columns] = groups.get(group) as number
    rows[p * columns + 1] = signal === null ? -1 : (signals.get(signal) as number)
    rows.set(places, p * columns + 2)
  })
  return {
    groups: templates.map(({ name, containerId, signals: all, body, axes }) => ({ name, containerId, signals: all, body, axes })),
    patterns: patterns.map(({ name, decidesWeights }) => ({ name, decidesWeights })),
    signals: [...signals.keys()], choices: rows, columns,
  }
}

/** The gathered portfolios, fully resolved, in their order. */
export function configsOf({ groups, patterns, signals, choices, columns }: PortfolioSet): PortfolioConfig[] {
  return Array.from({ length: choices.length / columns }, (_, p) => {
    const [group, signal, ...places] = choices.subarray(p * columns, (p + 1) * columns)
    const template = groups[group]
    return resolveChoice({ group: template, signal: signal < 0 ? null : signals[signal], places: places.slice(0, template.axes.length) }, patterns)
  })
}
