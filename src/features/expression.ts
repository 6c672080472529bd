import { MillraceError } from '../base/errors.ts'
import { MARKET_INPUTS } from '../domain/market-panels.ts'
import { atrDefinition } from './atr.ts'
import { averageCorrelationDefinition } from './average-correlation.ts'
import { calendarDefinition } from './calendar.ts'
import { correlationDefinition } from './correlation.ts'
import { crossDefinition } from './cross.ts'
import { emaDefinition } from './ema.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { featureWidth, findDefinition } from './graph.ts'
import { lagDefinition } from './lag.ts'
import { momentumDefinition } from './momentum.ts'
import { nearestHint, paramNames } from './params.ts'
import { isMarketInput, referFeature, toFeatureRef, usage } from './reference.ts'
import { FEATURES } from './registry.ts'
import type { FeatureRegistry } from './registry.ts'
import { rsiDefinition } from './rsi.ts'
import { smaDefinition } from './sma.ts'
import { spreadDefinition } from './spread.ts'
import { volatilityDefinition } from './volatility.ts'
import { zscoreDefinition } from './zscore.ts'

export { referFeature, toFeatureRef } from './reference.ts'

export const sma = (input: FeatureInput, period: number): FeatureRef => referFeature(smaDefinition, [input], { period })
export const ema = (input: FeatureInput, period: number): FeatureRef => referFeature(emaDefinition, [input], { period })
export const rsi = (input: FeatureInput, period: number): FeatureRef => referFeature(rsiDefinition, [input], { period })
export const atr = (period: number): FeatureRef => referFeature(atrDefinition, ['high', 'low', 'close'], { period })
export const volatility = (input: FeatureInput, period: number): FeatureRef => referFeature(volatilityDefinition, [input], { period })
export const zscore = (input: FeatureInput, period: number): FeatureRef => referFeature(zscoreDefinition, [input], { period })
export const momentum = (input: FeatureInput, period: number): FeatureRef => referFeature(momentumDefinition, [input], { period })
export const lag = (input: FeatureInput, bars: number): FeatureRef => referFeature(lagDefinition, [input], { bars })
export const cross = (first: FeatureInput, second: FeatureInput): FeatureRef => referFeature(crossDefinition, [first, second], {})
export const spread = (input: FeatureInput): FeatureRef => referFeature(spreadDefinition, [input], {})
export const correlation = (input: FeatureInput, period: number): FeatureRef => referFeature(correlationDefinition, [input], { period })
export const averageCorrelation = (input: FeatureInput, period: number): FeatureRef =>
  referFeature(averageCorrelationDefinition, [input], { period })
export const calendar = (field: 'weekday' | 'month' | 'first-of-session' | 'first-of-week' | 'first-of-month'): FeatureRef =>
  referFeature(calendarDefinition, [], { field })

export interface ParseOptions {
  readonly registry?: FeatureRegistry
  /** Configuration path to name in errors; default the text itself. */
  readonly where?: string
}

/**
 * Reads an expression such as `zscore(sma(close,5),20)`: inputs first, then parameters in their declared
 * order; inputs may be left out where all have a default (`atr(14)`). White space does not count.
 * @throws MillraceError CONFIG_SYNTAX, CONFIG_UNKNOWN with the nearest name, CONFIG_TYPE or CONFIG_VALUE.
 */
export function parseFeature(text: string, options: ParseOptions = {}): FeatureRef {
  const { registry = FEATURES, where = text } = options
  const ref = resolve(readTerm(text, where), { registry, where })
  featureWidth(ref, registry)
  return ref
}

/** A name with its arguments, or a number, as written. */
interface Term {
  readonly word: string
  readonly args: readonly Term[] | null
}

const TOKENS = /\s*(?:([(),])|([^\s(),]+))/y

function readTerm(text: string, where: string): Term {
  const tokens: { readonly word: string; readonly column: number }[] = []
  for (TOKENS.lastIndex = 0; TOKENS.lastIndex < text.trimEnd().length;) {
    const match = TOKENS.exec(text)
    if (match !== null) tokens.push({ word: match[1] ?? match[2], column: TOKENS.lastIndex - match[0].trimStart().length + 1 })
  }
  let at = 0
  const fail = (): never => {
    const column = tokens[at]?.column ?? text.length + 1
    throw new MillraceError({
      code: 'CONFIG_SYNTAX', message: `"${text}" cannot be read as a feature at column ${column}`, where, value: text,
      hint: 'write a name and its inputs and parameters in brackets: zscore(sma(close,5),20)',
    })
  }
  const readOne = (): Term => {
    const word = tokens[at]?.word
    if (word === undefined || '(),'.includes(word)) return fail()
    at += 1
    if (tokens[at]?.word !== '(') return { word, args: null }
    const args: Term[] = []
    do {
      at += 1
      args.push(readOne())
    } while (tokens[at]?.word === ',')
    if (tokens[at]?.word !== ')') return fail()
    at += 1
    return { word, args }
  }
  const term = readOne()
  return at < tokens.length ? fail() : term
}

function resolve(term: Term, options: { registry: FeatureRegistry; where: string }): FeatureRef {
  const { registry, where } = options
  if (term.args === null && isMarketInput(term.word)) return toFeatureRef(term.word)
  if (!registry.has(term.word)) throw unknownName(term.word, options)
  const definition = findDefinition(term.word, registry, where)
  const args = term.args ?? []
  const keys = paramNames(definition.params)
  const defaults = definition.inputs.flatMap((slot) => slot.default ?? [])
  const isShort = args.length === keys.length && defaults.length === definition.inputs.length
  const inputCount = isShort ? 0 : definition.inputs.length
  if (args.length !== inputCount + keys.length) {
    throw new MillraceError({
      code: 'CONFIG_TYPE', message: `${term.word} takes ${definition.inputs.length + keys.length} arguments, not ${args.length}`,
      where, hint: `write ${usage(definition)}`,
    })
  }
  const inputs = isShort ? defaults : args.slice(0, inputCount).map((arg) => resolve(arg, options))
  const params = Object.fromEntries(keys.map((key, i) => [key, toScalar(args[inputCount + i])]))
  return referFeature(definition, inputs, params, where)
}

function unknownName(word: string, options: { registry: FeatureRegistry; where: string }): MillraceError {
  return new MillraceError({
    code: 'CONFIG_UNKNOWN', message: `there is no feature or market panel "${word}"`, where: options.where, value: word,
    hint: nearestHint(word, [...MARKET_INPUTS, ...options.registry.keys()]),
  })
}

/** A parameter as written: a number, true or false, else the word itself, for the schema to judge. */
function toScalar(term: Term): unknown {
  if (term.args !== null) return `${term.word}(…)`
  if (term.word === 'true' || term.word === 'false') return term.word === 'true'
  return Number.isNaN(Number(term.word)) ? term.word : Number(term.word)
}
