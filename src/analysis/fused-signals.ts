import { addressOf } from '../base/hash.ts'
import type { MarketInput } from '../domain/market-panels.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { StepOrigin } from '../experiment/experiment.ts'
import type { SourceHashes } from '../experiment/installation.ts'
import { instanceFinder } from '../experiment/signals.ts'
import { columnsOf } from '../features/define-feature.ts'
import type { FeatureRef } from '../features/feature.ts'
import { featureWidth, isMarketPanel } from '../features/graph.ts'
import { strategyDefinition } from '../lineup/definitions.ts'
import { featureFile } from '../stages/feature-task.ts'
import type { InputPlace } from '../stages/input-rows.ts'
import { strategyTask, type StrategyJob } from '../stages/strategy-task.ts'
import { strategies } from '../strategies/registry.ts'
import { resolveStrategy } from '../strategies/resolve-strategy.ts'
import type { MemberPlace } from '../store/store.ts'
import { storedPlace, type OpenedRun } from './opened-run.ts'

/**
 * A run whose stages 1 and 4 went together has not stored its signals: those that a portfolio reads are made now, by
 * the very task that would have stored them, and found by whoever asks further with the same `sources`, the code as it is now.
 * @throws MillraceError MODULE_INVALID when a strategy's file is no longer the one that the run read; ARTEFACT_MISSING for its features
 */
export async function withSignals(run: OpenedRun, { signals }: Pick<PortfolioConfig, 'signals'>, sources: SourceHashes): Promise<OpenedRun> {
  if (run.record.sizes.signals !== 'fused') return run
  const find = instanceFinder(run.experiment)
  const missing = signals.flatMap(({ signal }) => (Object.hasOwn(run.artefacts.signals, signal) ? [] : find(signal) ?? []))
  if (missing.length === 0) return run
  const universe = run.artefacts.symbols
  const inputs: Record<string, InputPlace> = {}
  const jobs: StrategyJob[] = []
  for (const { id, use, file, sourceHash, params } of missing) {
    const job = { id, use, file, sourceHash, params }
    const { features } = resolveStrategy({ definition: await strategyDefinition(job), params, universe, where: id })
    for (const ref of features) inputs[ref.expression] ??= inputPlace(run, ref)
    const determined = { market: run.artefacts.market, job, code: codeOf(job, sources), inputs: features.map(({ expression }) => inputs[expression]) }
    jobs.push({ ...job, address: addressOf({ kind: 'signal asked for', ...determined }) })
  }
  const address = addressOf({ kind: 'signals', members: jobs.map((job) => job.address) })
  if (!run.store.has(address)) {
    const { market } = run.artefacts
    const madeFrom = { strategies: jobs.map(({ id }) => id), market }
    await run.store.adopt(await strategyTask({ store: run.store.root, market, address, madeFrom, jobs, inputs }, () => undefined))
  }
  const made = Object.fromEntries(jobs.map(({ id }, position): [string, MemberPlace] => [id, { artefact: address, position }]))
  return { ...run, artefacts: { ...run.artefacts, signals: { ...run.artefacts.signals, ...made } } }
}

/** What turns an instance now: a run may have been made by another version, of a built-in strategy's file or of the task. */
function codeOf({ use, file, sourceHash }: StepOrigin, sources: SourceHashes): readonly string[] {
  return [file === undefined ? sources[strategies[use].source] : sourceHash, sources['stages/strategy-task.ts']]
}

function inputPlace(run: OpenedRun, ref: FeatureRef): InputPlace {
  if (isMarketPanel(ref)) return { kind: 'market', input: ref.name as MarketInput }
  const { artefact, position } = storedPlace(run, run.artefacts.features, ref.expression)
  return { kind: 'panel', artefact, file: featureFile(position), column: 0, columns: columnsOf(featureWidth(ref), run.artefacts.symbols.length) }
}
