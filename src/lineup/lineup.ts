import { readFileSync } from 'node:fs'
import { MillraceError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import { breathe, STEPS_PER_BREATH } from '../base/turn.ts'
import type { DecisionField } from '../domain/risk-decision.ts'
import type {
  ResolvedEnsemble, ResolvedExperiment, ResolvedPattern, ResolvedRiskModel, StrategyInstance,
} from '../experiment/experiment.ts'
import { instanceOf } from '../experiment/signals.ts'
import { subscribed } from '../experiment/subscribed.ts'
import type { FeatureRef, FeatureWidth } from '../features/feature.ts'
import { buildFeatureGraph, featureWidth, type FeatureNode } from '../features/graph.ts'
import type { ModelSpec } from '../models/model.ts'
import { resolveRiskModel } from '../risk/resolve-risk-model.ts'
import { resolveStrategy } from '../strategies/resolve-strategy.ts'
import type { StrategyDefinition } from '../strategies/strategy.ts'
import { riskModelDefinition, strategyDefinition } from './definitions.ts'

/**
 * Every step that a portfolio leads to, resolved against a universe and in dependency order: what both drivers turn.
 * Signals are named alike whether a strategy instance, a model or an ensemble makes them.
 */
export interface Lineup {
  readonly universe: readonly string[]
  /** By expression, inputs before their readers. */
  readonly features: ReadonlyMap<string, FeatureNode>
  readonly strategies: readonly StrategyEntry[]
  readonly models: readonly ModelEntry[]
  /** Members before the ensembles that read them. */
  readonly ensembles: readonly ResolvedEnsemble[]
  readonly patterns: readonly PatternEntry[]
}

export interface StrategyEntry extends StrategyInstance {
  readonly features: readonly FeatureRef[]
}

export interface ModelEntry {
  readonly spec: ModelSpec
  readonly widths: readonly FeatureWidth[]
  /** SHA-256 of the model file. */
  readonly fileHash: string
  readonly fileBytes: number
}

export interface PatternEntry extends Pick<ResolvedPattern, 'name' | 'book'> {
  readonly models: readonly RiskEntry[]
}

export interface RiskEntry extends ResolvedRiskModel {
  readonly features: readonly FeatureRef[]
  readonly decides: readonly DecisionField[]
}

/**
 * Lines up an experiment over the symbols of its market.
 * @throws MillraceError for parameters, features or symbols that do not fit, naming their path; the reason of `interrupted`
 */
export async function createLineup(experiment: ResolvedExperiment, universe: readonly string[], interrupted: AbortSignal): Promise<Lineup> {
  const { signals, patterns: followed } = subscribed(experiment)
  const strategies = await lineUpStrategies(experiment, { universe, signals, interrupted })
  const models = experiment.models.filter(({ name }) => signals.has(name)).map(lineUpModel)
  const ensembles = experiment.ensembles.filter(({ name }) => signals.has(name))
  const risk = new Map<string, RiskEntry>()
  for (const model of experiment.riskModels) risk.set(model.name, await lineUpRiskModel(model, universe))
  const patterns = experiment.patterns.filter(({ name }) => followed.has(name)).map((pattern) => ({
    name: pattern.name,
    book: pattern.book,
    models: pattern.models.map((name) => risk.get(name) as RiskEntry),
  }))
  const used = patterns.flatMap((pattern) => pattern.models)
  const features = buildFeatureGraph([
    ...strategies.flatMap((entry) => entry.features),
    ...models.flatMap((entry) => entry.spec.features),
    ...used.flatMap((entry) => entry.features),
  ])
  const byExpression = new Map(features.map((node) => [node.ref.expression, node]))
  return { universe, features: byExpression, strategies, models, ensembles, patterns }
}

interface Subscribed {
  readonly universe: readonly string[]
  readonly signals: ReadonlySet<string>
  readonly interrupted: AbortSignal
}

async function lineUpStrategies({ strategies }: ResolvedExperiment, { universe, signals, interrupted }: Subscribed): Promise<StrategyEntry[]> {
  const entries: StrategyEntry[] = []
  for (const group of strategies) {
    let definition: StrategyDefinition | undefined
    for (let position = 0; position < group.count; position++) {
      if (position % STEPS_PER_BREATH === 0) await breathe(interrupted)
      const instance = instanceOf(group, position)
      if (!signals.has(instance.id)) continue
      definition ??= await strategyDefinition(instance)
      const { features } = resolveStrategy({ definition, params: instance.params, universe, where: instance.id })
      entries.push({ ...instance, features })
    }
  }
  return entries
}

function lineUpModel(spec: ModelSpec): ModelEntry {
  try {
    const bytes = readFileSync(spec.file)
    return { spec, widths: spec.features.map((ref) => featureWidth(ref)), fileHash: sha256(bytes), fileBytes: bytes.length }
  } catch (error) {
    if (error instanceof MillraceError) throw error
    throw new MillraceError({
      code: 'FILE_NOT_FOUND',
      message: `the model file of ${spec.name} cannot be read: ${(error as Error).message}`,
      where: `models.${spec.name}.file`,
      value: spec.file,
      hint: 'a relative path starts at the experiment file',
    })
  }
}

async function lineUpRiskModel(model: ResolvedRiskModel, universe: readonly string[]): Promise<RiskEntry> {
  const definition = await riskModelDefinition(model)
  const { features } = resolveRiskModel({ definition, params: model.params, universe, where: model.name })
  return { ...model, features, decides: definition.decides }
}
