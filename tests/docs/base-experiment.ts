import { join } from 'node:path'
import { parse } from 'yaml'
import { portfolioAt } from '../../src/experiment/portfolios.ts'
import { resolveExperiment } from '../../src/experiment/resolve.ts'
import type { ResolvedExperiment } from '../../src/experiment/experiment.ts'
import { sources } from '../experiment/fixture.ts'
import { repository } from './markdown.ts'

export type Raw = Record<string, unknown>

/** What the fragments of the docs are put into. */
export function baseExperiment(): Raw {
  return parse(`
name: base
market: { source: synthetic }
strategies:
  - { name: trend, use: sma-cross, grid: { fast: [10, 20], slow: [50, 100] } }
  - { name: leaders, use: momentum-rank, params: { fraction: 0.2 }, grid: { window: [60, 120] } }
risk:
  models: [{ name: var, use: var-limit, params: { limit: 0.02 } }]
  patterns: { default: { book: { signals: ["*"] }, models: [var] } }
portfolios:
  - { name: singles, each: "trend*" }
`) as Raw
}

/** Resolved as if the file stood in examples/. */
export function resolveRaw(raw: Raw): Promise<ResolvedExperiment> {
  return resolveExperiment(raw, { folder: join(repository, 'examples'), sources })
}

/** The first portfolio, and with `whole` all else that a run depends on. */
export async function resolvedParts(raw: Raw, of: { whole: boolean }): Promise<unknown> {
  const resolved = await resolveRaw(raw)
  return { portfolio: portfolioAt(resolved, 0), ...(of.whole && resolved) }
}

/** A copy in which the value at a path such as `portfolios.0.exits.stopLoss` is another one. */
export function withValue(raw: Raw, path: readonly string[], value: unknown): Raw {
  const copy = structuredClone(raw)
  let at: Raw = copy
  for (const key of path.slice(0, -1)) {
    at[key] ??= {}
    at = at[key] as Raw
  }
  at[path[path.length - 1]] = value
  return copy
}

/** A copy without the value at a path. */
export function withoutValue(raw: Raw, path: readonly string[]): Raw {
  const copy = structuredClone(raw)
  const parent = path.slice(0, -1).reduce<Raw | undefined>((at, key) => at?.[key] as Raw | undefined, copy)
  if (parent !== undefined) delete parent[path[path.length - 1]]
  return copy
}
