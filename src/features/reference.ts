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
  const parsed = parseParams(definition.params, params, where) as Readonly<Record<string, unknown>>
  const refs = inputs.map(toFeatureRef)
  const names = paramNames(definition.params)
  const words = [...refs.map((ref) => ref.expression), ...names.map((key) => String(parsed[key]))]
  return { expression: words.length === 0 ? name : `${name}(${words.join(',')})`, name, params: parsed, inputs: refs }
}

/** How an expression of the feature is written: `sma(value,period)`. */
export function usage(definition: FeatureDefinition): string {
  const words = [...definition.inputs.map((slot) => slot.name), ...paramNames(definition.params)]
  return `${definition.name}(${words.join(',')})`
}
