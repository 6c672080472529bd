import { addressOf, sha256 } from '../base/hash.ts'
import type { ResolvedExperiment } from '../experiment/experiment.ts'
import type { FeatureRef } from '../features/feature.ts'
import type { Lineup } from '../lineup/lineup.ts'
import { readIds } from '../lineup/results.ts'
import type { Address, MemberPlace, Store } from '../store/store.ts'
import type { PreparedRun } from './pipeline.ts'
import type { RunArtefacts, RunRecord } from './run-record.ts'
import type { Places } from './stage-work.ts'

/** Equal for two runs exactly when everything they make is the same, whatever workers and batches they use. */
export function fingerprintOf(
  of: { readonly experiment: ResolvedExperiment; readonly driver: RunRecord['driver']; readonly predictions?: 'stored' | 'fresh' },
  prepared: PreparedRun,
): Address {
  const members = prepared.stages.flatMap((works) => works.flatMap(({ stage, members: { addresses } }) => (stage === 'strategies' ? [] : [sha256(addresses.digests)])))
  return addressOf({ ...of, market: prepared.market, members })
}

/** Where everything of a run is that has been made. */
export function describeArtefacts(
  store: Store,
  prepared: PreparedRun,
  of: { readonly places: Places; readonly metrics: Address },
): RunArtefacts {
  const { lineup, addresses } = prepared
  const known = (entries: readonly (readonly [string, Address])[]): Record<string, MemberPlace> =>
    Object.fromEntries(entries.flatMap(([name, address]) => {
      const place = of.places.find(address)
      return place === undefined ? [] : [[name, place] as const]
    }))
  const signals = [
    ...lineup.strategies.map((entry) => entry.id),
    ...lineup.models.map((entry) => entry.spec.name),
    ...lineup.ensembles.map((entry) => entry.name),
  ]
  const decisions = lineup.patterns.flatMap((pattern) =>
    pattern.models.flatMap((model) => {
      const place = of.places.find(addresses.decision(pattern.name, model.name))
      return place === undefined ? [] : [[`${pattern.name}/${model.name}`, { artefact: place.artefact, fields: model.decides }] as const]
    }),
  )
  const stitched = prepared.walkForwards.map(({ address }) => address)
  const results = [...of.places.of(prepared.portfolios).artefacts, ...stitched.flatMap((address) => of.places.find(address)?.artefact ?? [])]
  return {
    market: prepared.market,
    rows: prepared.rows,
    symbols: lineup.universe,
    features: known([...lineup.features.keys()].map((expression) => [expression, addresses.feature(expression)])),
    signals: known(signals.map((name) => [name, addresses.signal(name)])),
    decisions: Object.fromEntries(decisions),
    inputs: inputsOf(lineup),
    results,
    strangers: strangersIn(store, results, of.places),
    windows: stitched.filter((address) => of.places.find(address) !== undefined),
    metrics: of.metrics,
  }
}

function expressions(refs: readonly FeatureRef[]): string[] {
  return refs.map((ref) => ref.expression)
}

function inputsOf(lineup: Lineup): Record<string, readonly string[]> {
  return Object.fromEntries([
    ...lineup.strategies.map((entry) => [entry.id, expressions(entry.features)] as const),
    ...lineup.models.map((entry) => [entry.spec.name, expressions(entry.spec.features)] as const),
    ...lineup.patterns.flatMap((pattern) =>
      pattern.models.map((model) => [`${pattern.name}/${model.name}`, expressions(model.features)] as const),
    ),
  ])
}

/** A batch that was cut anew after a crash leaves its portfolios in two artefacts; only one of them counts. */
function strangersIn(store: Store, results: readonly Address[], places: Places): Record<Address, readonly string[]> {
  return Object.fromEntries(results.flatMap((artefact) => {
    const members = store.meta(artefact)?.members ?? []
    const isStranger = members.map((member) => places.find(member)?.artefact !== artefact)
    return isStranger.includes(true) ? [[artefact, readIds(store, artefact).filter((_, position) => isStranger[position])] as const] : []
  }))
}
