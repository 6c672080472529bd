import type { PortfolioGroup, ResolvedExperiment } from './experiment.ts'

/** What somebody reads. */
export interface Subscribed {
  readonly signals: ReadonlySet<string>
  readonly patterns: ReadonlySet<string>
}

/**
 * The signals and patterns that a portfolio leads to, by itself or through a pattern's book and through ensembles.
 * Nothing else needs to be computed.
 */
export function subscribed(
  { portfolios, walkForwards, patterns: known, ensembles }: Pick<ResolvedExperiment, 'portfolios' | 'walkForwards' | 'patterns' | 'ensembles'>,
): Subscribed {
  const signals = new Set<string>()
  const patterns = new Set<string>()
  for (const group of [...portfolios, ...walkForwards]) {
    for (const signal of group.each ?? group.signals.map((subscription) => subscription.signal)) signals.add(signal)
    for (const pattern of patternsOf(group)) patterns.add(pattern)
  }
  for (const { name, book } of known) {
    if (patterns.has(name)) for (const { signal } of book.signals) signals.add(signal)
  }
  // An ensemble stands after every ensemble it reads.
  for (const { name, members } of ensembles.toReversed()) {
    if (signals.has(name)) for (const { signal } of members) signals.add(signal)
  }
  return { signals, patterns }
}

/** Patterns that the portfolios of a group have: an axis that varies them has the last word. */
function patternsOf({ body, axes }: PortfolioGroup): string[] {
  const axis = axes.find(({ values }) => values.some(({ layer }) => layer.riskPattern !== undefined))
  const named = axis === undefined ? [body.riskPattern] : axis.values.map(({ layer }) => layer.riskPattern)
  return named.filter((pattern) => typeof pattern === 'string')
}
