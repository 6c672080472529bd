import { MillraceError } from '../base/errors.ts'
import type { StateLayout } from '../domain/step.ts'
import type { FeatureInput, FeatureRef } from '../features/feature.ts'
import { buildFeatureGraph } from '../features/graph.ts'
import { parseParams } from '../features/params.ts'
import { toFeatureRef } from '../features/reference.ts'
import type { FeatureRegistry } from '../features/registry.ts'
import type { StrategyDefinition } from './strategy.ts'

export interface StrategyInstance<P = unknown, L extends StateLayout = StateLayout> {
  readonly definition: StrategyDefinition<P, L>
  /** One point of the grid, as the user wrote it; defaults are filled in. */
  readonly params: unknown
  /** Symbols in panel order. */
  readonly universe: readonly string[]
  readonly registry?: FeatureRegistry
  /** Configuration path named in errors; default the strategy's name. */
  readonly where?: string
}

/** An instance whose definition, parameters and features have been checked. */
export interface ResolvedStrategy<P = unknown> {
  readonly params: P
  /** In the order the step reads them; a market panel is one of them, as a ref. */
  readonly features: readonly FeatureRef[]
  /** Bars of a symbol before its first opinion. */
  readonly warmup: number
}

/**
 * Checks everything about an instance that can be known before a bar is read.
 * @throws MillraceError MODULE_INVALID, CONFIG_UNKNOWN, CONFIG_TYPE or CONFIG_VALUE.
 */
export function resolveStrategy<P, L extends StateLayout>(instance: StrategyInstance<P, L>): ResolvedStrategy<P> {
  const { definition, universe } = instance
  checkDefinition(definition)
  const where = instance.where ?? definition.name
  const params = parseParams(definition.params, instance.params, where)
  const problem = definition.check?.(params, universe)
  if (problem !== undefined) throw new MillraceError({ ...problem, where: problem.where ?? where })
  const features = readFeatures(definition, params)
  const nodes = buildFeatureGraph(features, instance.registry)
  return { params, features, warmup: Math.max(0, ...nodes.map((node) => node.warmup)) }
}

function readFeatures<P, L extends StateLayout>(definition: StrategyDefinition<P, L>, params: P): readonly FeatureRef[] {
  let inputs: unknown
  try {
    inputs = definition.features(params)
  } catch (error) {
    if (error instanceof MillraceError) throw error
    throw moduleInvalid('features', 'a function that does not throw', error)
  }
  if (!Array.isArray(inputs) || !inputs.every(isInput)) {
    throw moduleInvalid('features', 'a function that returns a list of features and market panels', inputs)
  }
  return inputs.map(toFeatureRef)
}

function isInput(input: FeatureInput): boolean {
  return typeof input === 'string' || typeof input?.expression === 'string'
}

/** A user's module is unknown until looked at. */
function checkDefinition(definition: StrategyDefinition): void {
  if (typeof definition !== 'object' || definition === null) throw moduleInvalid('default export', 'a definition', definition)
  const { name, params, features, signal, state, check } = definition
  if (typeof name !== 'string' || name === '') throw moduleInvalid('name', 'a text', name)
  if (typeof params?.safeParse !== 'function') throw moduleInvalid('params', 'a zod schema', params)
  if (typeof features !== 'function') throw moduleInvalid('features', 'a function of the parameters', features)
  if (typeof signal !== 'function') throw moduleInvalid('signal', 'a function', signal)
  if (state !== undefined && typeof state !== 'function') throw moduleInvalid('state', 'a function of the parameters', state)
  if (check !== undefined && typeof check !== 'function') throw moduleInvalid('check', 'a function', check)
}

function moduleInvalid(member: string, wanted: string, value: unknown): MillraceError {
  return new MillraceError({
    code: 'MODULE_INVALID', message: `a strategy's ${member} has to be ${wanted}`, where: member, value: shown(value),
    hint: 'export default defineStrategy({ name, params, features, signal })',
  })
}

/** A function or schema says little when printed; an error or plain value says what was wrong. */
function shown(value: unknown): unknown {
  if (value instanceof Error) return value.message
  return typeof value === 'object' || typeof value === 'function' ? typeof value : value
}
