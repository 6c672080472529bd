import { MillraceError } from '../base/errors.ts'
import { MARKET_INPUTS } from '../domain/market-panels.ts'
import type { MarketInput } from '../domain/market-panels.ts'
import type { FeatureDefinition, FeatureInput, FeatureRef } from './feature.ts'
import { paramNames, parseParams } from './params.ts'

export function isMarketInput(name: string): name is MarketInput {
  return (MARKET_INPUTS as readonly string[]).includes(name)
}

/** A market panel as a ref; a ref is itself. */
export function toFeatureRef(input: FeatureInput): FeatureRef {
  return typeof input === 'string' ? { expression: input, name: input, params: {}, inputs: [] } : input
}

/**
 * Names a feature by its definition, inputs and parameters; the expression is canonical, inputs first and
 * then parameters in their declared order: `sma(close,20)`.
 * @throws MillraceError CONFIG_TYPE, CONFIG_VALUE or CONFIG_UNKNOWN, placed at `where`.
 */
export function referFeature<P>(
  definition: FeatureDefinition<P>, inputs: readonly FeatureInput[], params: unknown, where: string = definition.name,
): FeatureRef {
  const { name } = definition
  if (inputs.length !== definition.inputs.length) {
    throw new MillraceError({
      code: 'CONFIG_TYPE', message: `${name} reads ${definition.inputs.length} inputs, not ${inputs.length}`,
      where, hint: `write ${usage(definition)}`,
    })
  }
  const refs = inputs.map(toFeatureRef)
  const key = keyOf(refs, params)
  const own = made.get(definition) ?? new Map<string, FeatureRef>()
  const known = key === undefined ? undefined : own.get(key)
  if (known !== undefined) return known
  const ref = makeRef(definition, refs, parseParams(definition.params, params, where))
  if (key !== undefined && own.size < MOST_MADE) made.set(definition, own.set(key, ref))
  return ref
}

/** By definition, and by what it was asked for: a sweep names the same few features thousands of times. */
const made = new WeakMap<FeatureDefinition, Map<string, FeatureRef>>()
const MOST_MADE = 10_000

/** One text for one feature; undefined where parameters are not what they should be. */
function keyOf(refs: readonly FeatureRef[], params: unknown): string | undefined {
  let key = ''
  for (const { expression } of refs) key += `${expression} `
  if (typeof params !== 'object' || params === null) return undefined
  for (const [name, value] of Object.entries(params)) {
    if (typeof value !== 'number' && typeof value !== 'string' && typeof value !== 'boolean') return undefined
    key += `${name}=${typeof value === 'string' ? JSON.stringify(value) : value} `
  }
  return key
}

function makeRef<P>(definition: FeatureDefinition<P>, refs: readonly FeatureRef[], params: P): FeatureRef {
  const { name } = definition
  const parsed = params as Readonly<Record<string, unknown>>
  const names = paramNames(definition.params)
  const words = [...refs.map((ref) => ref.expression), ...names.map((key) => String(parsed[key]))]
  return { expression: words.length === 0 ? name : `${name}(${words.join(',')})`, name, params: parsed, inputs: refs }
}

/** How an expression of the feature is written: `sma(value,period)`. */
export function usage(definition: FeatureDefinition): string {
  const words = [...definition.inputs.map((slot) => slot.name), ...paramNames(definition.params)]
  return `${definition.name}(${words.join(',')})`
}
