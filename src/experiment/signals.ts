import { combinationAt } from './combinations.ts'
import type { ResolvedExperiment, StrategyGroup, StrategyInstance, WeightedSignal } from './experiment.ts'
import { globMatcher, isGlob, nameHint, parameterLabel } from './names.ts'
import type { ConfigPlace } from './problems.ts'
import type { SignalReference } from './schema.ts'

/** Instance `position` of a strategy group, in grid or sample order. */
export function instanceOf(group: StrategyGroup, position: number): StrategyInstance {
  const parameters = combinationAt(group, group.kept === null ? position : group.kept[position])
  const { name, tags, use, file, sourceHash } = group
  const origin = file === undefined ? { use, sourceHash } : { use, file, sourceHash }
  return { id: `${name}${parameterLabel(parameters)}`, name, tags, ...origin, params: { ...group.params, ...parameters } }
}

/** Every strategy instance, in file and grid order, made as they are asked for. */
export function* strategyInstances(resolved: Pick<ResolvedExperiment, 'strategies'>): Generator<StrategyInstance> {
  for (const group of resolved.strategies) {
    for (let position = 0; position < group.count; position++) yield instanceOf(group, position)
  }
}

export function strategyInstanceCount(resolved: Pick<ResolvedExperiment, 'strategies'>): number {
  return resolved.strategies.reduce((count, group) => count + group.count, 0)
}

/** Strategy instances, models, then ensembles: the order in which wildcards subscribe. */
export function signalNames(resolved: Pick<ResolvedExperiment, 'strategies' | 'models' | 'ensembles'>): string[] {
  const names: string[] = []
  for (const instance of strategyInstances(resolved)) names.push(instance.id)
  return [...names, ...resolved.models.map((model) => model.name), ...resolved.ensembles.map((ensemble) => ensemble.name)]
}

/** A signal by name; the group's name stands for all of its instances. */
export interface NamedSignal {
  readonly id: string
  readonly group: string
  /** Wildcards pass it by. */
  readonly inFullOnly?: boolean
}

/** The signals that part of a file may name, in subscription order. */
export class SignalIndex {
  readonly #signals: readonly NamedSignal[]
  readonly #matches = new Map<string, readonly string[]>()

  constructor(signals: readonly NamedSignal[]) {
    this.#signals = signals
  }

  /** Signals whose name, or whose strategy's name, a pattern matches. */
  match(pattern: string): readonly string[] {
    let found = this.#matches.get(pattern)
    if (found === undefined) {
      const matches = globMatcher(pattern)
      const wild = isGlob(pattern)
      found = this.#signals
        .filter((signal) => !(wild && signal.inFullOnly === true) && (matches(signal.id) || matches(signal.group)))
        .map(({ id }) => id)
      this.#matches.set(pattern, found)
    }
    return found
  }

  /** As `match`; reports a pattern that matches nothing, with the nearest name. */
  require(pattern: string, place: ConfigPlace): readonly string[] {
    const found = this.match(pattern)
    if (found.length === 0) {
      const known = [...new Set(this.#signals.flatMap(({ id, group }) => [group, id]))]
      const message = isGlob(pattern) ? `\`${pattern}\` matches no signal` : `no signal is called \`${pattern}\``
      place.problems.add({
        code: 'CONFIG_VALUE', path: place.path, message,
        value: pattern, hint: nameHint(pattern.replaceAll('*', ''), known),
      })
    }
    return found
  }

  /** Resolves references to distinct signals. One that is named twice must weigh the same. */
  subscribe(references: readonly SignalReference[], place: ConfigPlace): WeightedSignal[] {
    const { problems } = place
    const weights = new Map<string, number>()
    references.forEach((reference, i) => {
      const { signal: pattern, weight } = typeof reference === 'string' ? { signal: reference, weight: 1 } : reference
      const path = [...place.path, i, ...(typeof reference === 'string' ? [] : ['signal'])]
      for (const signal of this.require(pattern, { problems, path })) {
        const before = weights.get(signal) ?? weight
        if (before !== weight) {
          const message = `\`${signal}\` weighs ${before} above and ${weight} here`
          problems.add({ code: 'CONFIG_VALUE', path, message, value: pattern, hint: 'name each signal once, or with one weight' })
        }
        weights.set(signal, before)
      }
    })
    return [...weights].map(([signal, weight]) => ({ signal, weight }))
  }
}
