import { MillraceError } from '../base/errors.ts'
import type { FeatureRef } from './feature.ts'
import { featureWidth, findDefinition, isMarketPanel } from './graph.ts'
import { paramNames } from './params.ts'
import { referFeature, usage } from './reference.ts'
import { features } from './registry.ts'
import type { FeatureRegistry } from './registry.ts'

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
  const { registry = features, where = text } = options
  const ref = resolve(readTerm(text, where), { registry, where })
  featureWidth(ref, registry)
  return ref
}

/** A name with its arguments, or a number, as written. */
interface Term {
  readonly word: string
  readonly args: readonly Term[] | null
}

function readTerm(text: string, where: string): Term {
  const tokens = [...text.matchAll(/[(),]|[^\s(),]+/g)].map((match) => ({ word: match[0], column: match.index + 1 }))
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
  const panel: FeatureRef = { expression: term.word, name: term.word, params: {}, inputs: [] }
  if (term.args === null && isMarketPanel(panel)) return panel
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

/** A parameter as written: a number, true or false, else the word itself, for the schema to judge. */
function toScalar(term: Term): unknown {
  if (term.args !== null) return `${term.word}(…)`
  if (term.word === 'true' || term.word === 'false') return term.word === 'true'
  return Number.isNaN(Number(term.word)) ? term.word : Number(term.word)
}
