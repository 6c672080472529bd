import { globMatcher, isGlob } from '../base/glob.ts'
import type { WeightedSignal } from './experiment.ts'
import { compileFilter } from './filter.ts'
import { nameHint } from './names.ts'
import type { ConfigPlace } from './problems.ts'
import type { SignalReference, SignalSelection } from './schema.ts'

/** A signal by name; the group's name stands for all of its instances. */
export interface NamedSignal {
  readonly id: string
  readonly group: string
  readonly tags?: readonly string[]
  /** What filters may ask for beside its name and tags. */
  readonly params?: () => Readonly<Record<string, unknown>>
  /** Only its full name finds it. */
  readonly inFullOnly?: boolean
}

const NO_TAGS: readonly string[] = []

/** The signals that part of a file may select, in subscription order. */
export class SignalIndex {
  readonly #signals: readonly NamedSignal[]
  /** Positions by selection: the same selection in another portfolio looks at no signal again. */
  readonly #selected = new Map<string, Int32Array>()
  #knownNames: ReadonlySet<string> | undefined

  constructor(signals: readonly NamedSignal[]) {
    this.#signals = signals
  }

  /** Names of what a selection finds; reports one that finds nothing, with the nearest name. */
  require(selection: SignalSelection, place: ConfigPlace): readonly string[] {
    return Array.from(this.#select(selection, place), (position) => this.#signals[position].id)
  }

  /** Resolves references to distinct signals. One that is named twice must weigh the same. */
  subscribe(references: readonly SignalReference[], place: ConfigPlace): WeightedSignal[] {
    const { problems } = place
    const weights = new Map<string, number>()
    references.forEach((reference, i) => {
      const weight = typeof reference === 'string' ? 1 : reference.weight
      const path = [...place.path, i]
      for (const signal of this.require(reference, { problems, path })) {
        const before = weights.get(signal) ?? weight
        if (before !== weight) {
          const message = `\`${signal}\` weighs ${before} above and ${weight} here`
          const value = typeof reference === 'string' ? reference : (reference.signal ?? reference.where ?? reference.tags)
          problems.add({ code: 'CONFIG_VALUE', path, message, value, hint: 'name each signal once, or with one weight' })
        }
        weights.set(signal, before)
      }
    })
    return [...weights].map(([signal, weight]) => ({ signal, weight }))
  }

  #select(selection: SignalSelection, place: ConfigPlace): Int32Array {
    const isPlain = typeof selection === 'string'
    const { signal, tags, where } = isPlain ? { signal: selection } : selection
    const key = JSON.stringify([signal, tags, where])
    const known = this.#selected.get(key)
    if (known !== undefined && known.length > 0) return known
    const at = (part: string): ConfigPlace => (isPlain ? place : { ...place, path: [...place.path, part] })
    let positions: Int32Array = Int32Array.from(this.#signals.keys())
    const inFull = signal !== undefined && !isGlob(signal)
    if (!inFull) positions = positions.filter((position) => this.#signals[position].inFullOnly !== true)
    if (signal !== undefined) positions = this.#named(signal, positions, at('signal'))
    if (tags !== undefined && positions.length > 0) positions = this.#tagged(tags, positions, at('tags'))
    if (where !== undefined && positions.length > 0) positions = this.#filtered(where, positions, at('where'))
    this.#selected.set(key, positions)
    return positions
  }

  /** Signals whose name, or whose strategy's name, a pattern matches. */
  #named(pattern: string, among: Int32Array, { problems, path }: ConfigPlace): Int32Array {
    let matches: (name: string) => boolean
    try {
      matches = globMatcher(pattern)
    } catch (error) {
      problems.adopt(error, path)
      return among.subarray(0, 0)
    }
    const found = among.filter((position) => matches(this.#signals[position].id) || matches(this.#signals[position].group))
    if (found.length === 0) {
      const message = isGlob(pattern) ? `\`${pattern}\` matches no signal` : `no signal is called \`${pattern}\``
      const known = [...new Set(this.#signals.flatMap(({ id, group }) => [group, id]))]
      problems.add({ code: 'CONFIG_VALUE', path, message, value: pattern, hint: nameHint(pattern.replaceAll('*', ''), known) })
    }
    return found
  }

  /** Signals that have all of the tags. */
  #tagged(tags: readonly string[], among: Int32Array, { problems, path }: ConfigPlace): Int32Array {
    const found = among.filter((position) => tags.every((tag) => (this.#signals[position].tags ?? NO_TAGS).includes(tag)))
    if (found.length > 0) return found
    const known = [...new Set(this.#signals.flatMap((signal) => signal.tags ?? NO_TAGS))]
    const unknown = tags.findIndex((tag) => !known.includes(tag))
    if (unknown >= 0) {
      const message = `no signal has the tag \`${tags[unknown]}\``
      problems.add({ code: 'CONFIG_VALUE', path: [...path, unknown], message, value: tags[unknown], hint: nameHint(tags[unknown], known) })
    } else {
      const message = `none of ${among.length} signals has ${tags.length === 1 ? 'this tag' : 'all of these tags'}`
      problems.add({ code: 'CONFIG_VALUE', path, message, value: tags, hint: 'all tags of a list must be there; several references add up' })
    }
    return found
  }

  #filtered(where: string, among: Int32Array, place: ConfigPlace): Int32Array {
    const filter = compileFilter(where, this.#names(), place)
    const before = place.problems.total
    const found = filter === undefined ? among.subarray(0, 0) : among.filter((position) => filter(this.#valuesOf(position)) === true)
    if (filter !== undefined && found.length === 0 && place.problems.total === before) {
      const message = `none of ${among.length} signals satisfies this`
      place.problems.add({ code: 'CONFIG_VALUE', path: place.path, message, value: where, hint: 'loosen the filter' })
    }
    return found
  }

  #valuesOf(position: number): Readonly<Record<string, unknown>> {
    const { group, tags = NO_TAGS, params } = this.#signals[position]
    return { ...params?.(), name: group, tags }
  }

  /** Every name that a filter may use: instances of a group have the same. */
  #names(): ReadonlySet<string> {
    if (this.#knownNames === undefined) {
      const oneOfEach = new Map(this.#signals.map(({ group }, position) => [group, position]))
      this.#knownNames = new Set([...oneOfEach.values()].flatMap((position) => Object.keys(this.#valuesOf(position))))
    }
    return this.#knownNames
  }
}
