import type { ZodType } from 'zod'
import { MillraceError } from '../base/errors.ts'
import type { Problem } from '../base/errors.ts'
import type { StateLayout } from '../domain/step.ts'
import type { StepInput, FeatureRef } from './feature.ts'
import { parseFeature } from './expression.ts'
import { featureWarmup } from './graph.ts'
import { parseParams } from './params.ts'
import type { FeatureRegistry } from './registry.ts'

/** What a strategy and a risk model have in common: parameters, the features they read, a memory. */
export interface StepDefinition<P, L extends StateLayout> {
  readonly name: string
  readonly params: ZodType<P>
  features(params: P): readonly StepInput[]
  check?(params: P, universe: readonly string[]): Problem | undefined
  state?(params: P, symbols: number): L
}

/** A definition with one set of parameters, in one universe. */
export interface StepInstance<D> {
  readonly definition: D
  /** As the user wrote them; defaults are filled in. */
  readonly params: unknown
  /** Symbols in panel order. */
  readonly universe: readonly string[]
  readonly registry?: FeatureRegistry
  /** Configuration path named in errors; default the definition's name. */
  readonly where?: string
}

/** An instance whose definition, parameters and features have been checked. */
export interface ResolvedStep<P, L extends StateLayout> {
  readonly params: P
  /** In the order the step reads them; a market panel is one of them, as a ref. */
  readonly features: readonly FeatureRef[]
  readonly layout: L
  /** Bars of a symbol before the features have their first values. */
  readonly warmup: number
}

/** How a kind of definition is written, for what is said of one that is wrong. */
export interface DefinitionKind {
  /** `strategy`, `risk model` */
  readonly noun: string
  /** The function that does its work. */
  readonly work: string
  readonly hint: string
}

/**
 * Checks everything about an instance that can be known before a bar is read. A user's module is unknown until
 * looked at, and its functions may throw.
 * @throws MillraceError MODULE_INVALID, CONFIG_UNKNOWN, CONFIG_TYPE or CONFIG_VALUE.
 */
export function resolveStep<P, L extends StateLayout>(
  instance: StepInstance<StepDefinition<P, L>>, kind: DefinitionKind,
): ResolvedStep<P, L> {
  const { definition, universe } = instance
  const refused = (fault: Fault) => moduleInvalid(kind, { ...fault, where: instance.where })
  if (soundAs.get(definition) !== kind.work) checkMembers(definition, kind.work, refused)
  soundAs.set(definition, kind.work)
  const where = instance.where ?? definition.name
  const ask = <T>(member: string, answer: () => T): T => {
    try {
      return answer()
    } catch (error) {
      if (error instanceof MillraceError) throw error
      throw refused({ member, wanted: 'a function that does not throw', value: error })
    }
  }
  const params = parseParams(definition.params, instance.params, where)
  const problem = ask('check', () => definition.check?.(params, universe))
  if (problem !== undefined) throw new MillraceError({ ...problem, where: problem.where ?? where })
  const inputs = ask('features', () => definition.features(params))
  if (!Array.isArray(inputs) || !inputs.every(isInput)) {
    throw refused({ member: 'features', wanted: 'a function that returns a list of features and market panels', value: inputs })
  }
  const place = { registry: instance.registry, where: instance.where === undefined ? 'features' : `${instance.where}.features` }
  const features = inputs.map((input) => (typeof input === 'string' ? parseFeature(input, place) : input))
  const warmup = Math.max(0, ...features.map((ref) => featureWarmup(ref, instance.registry)))
  const layout = ask('state', () => definition.state?.(params, universe.length)) ?? ({} as L)
  if (typeof layout !== 'object' || !Object.values(layout).every(isLength)) {
    throw refused({ member: 'state', wanted: "a function that returns lengths by name: 'N', 'pairs' or a count", value: JSON.stringify(layout) })
  }
  return { params, features, layout, warmup }
}

/** Definitions whose members have been checked, and by the function of which kind: a sweep asks once for each of its instances. */
const soundAs = new WeakMap<object, string>()

function isLength(length: unknown): boolean {
  return length === 'N' || length === 'pairs' || (Number.isInteger(length) && Number(length) >= 0)
}

function isInput(input: StepInput): boolean {
  return typeof input === 'string' || typeof input?.expression === 'string'
}

function checkMembers(definition: unknown, work: string, refused: (fault: Fault) => MillraceError): void {
  if (typeof definition !== 'object' || definition === null) throw refused({ member: 'default export', wanted: 'a definition', value: definition })
  const members = definition as Readonly<Record<string, unknown>>
  const { name, params } = members
  if (typeof name !== 'string' || name === '') throw refused({ member: 'name', wanted: 'a text', value: name })
  if (typeof (params as { safeParse?: unknown } | undefined)?.safeParse !== 'function') {
    throw refused({ member: 'params', wanted: 'a zod schema', value: params })
  }
  for (const member of ['features', work, 'state', 'check']) {
    const value = members[member]
    const mayBeAbsent = member === 'state' || member === 'check'
    if (typeof value !== 'function' && !(mayBeAbsent && value === undefined)) throw refused({ member, wanted: 'a function', value })
  }
}

/** A member of a definition that is not what it has to be. */
interface Fault {
  readonly member: string
  readonly wanted: string
  readonly value: unknown
}

/** What is said of a module that is no such definition; `where` is the configuration path that names it. */
export function moduleInvalid(kind: DefinitionKind, of: Fault & { readonly where?: string }): MillraceError {
  return new MillraceError({
    code: 'MODULE_INVALID', message: `a ${kind.noun}'s ${of.member} has to be ${of.wanted}`,
    where: of.where === undefined ? of.member : `${of.where}.${of.member}`, value: shown(of.value), hint: kind.hint,
  })
}

/** A function or schema says little when printed; an error or plain value says what was wrong. */
function shown(value: unknown): unknown {
  if (value instanceof Error) return value.message
  return typeof value === 'object' || typeof value === 'function' ? typeof value : value
}
