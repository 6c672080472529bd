import type { ResolvedEnsemble } from './experiment.ts'
import type { ConfigProblems } from './problems.ts'
import type { ExperimentFile } from './schema.ts'
import { SignalIndex, type NamedSignal } from './signal-index.ts'

type EnsembleSection = ExperimentFile['ensembles'][number]

/**
 * Ensembles with their members, each after those it reads. Wildcards find strategies and models only: an
 * ensemble among the members is named in full, so `*` never reaches itself.
 */
export function resolveEnsembles(
  sections: readonly EnsembleSection[], signals: readonly NamedSignal[], problems: ConfigProblems,
): ResolvedEnsemble[] {
  const index = new SignalIndex([...signals, ...sections.map(({ name }) => ({ id: name, group: name, inFullOnly: true }))])
  return dependencyOrder(sections, problems).map((position) => {
    const { name, method, members } = sections[position]
    return { name, method, members: index.subscribe(members, { problems, path: ['ensembles', position, 'members'] }) }
  })
}

/** Positions of the sections, depth first; reports each circle with its loop. */
function dependencyOrder(sections: readonly EnsembleSection[], problems: ConfigProblems): number[] {
  const positionOf = new Map(sections.map((section, position) => [section.name, position]))
  const order: number[] = []
  const done = new Set<number>()
  const visit = (position: number, trail: readonly number[]): void => {
    if (done.has(position)) return
    const seen = trail.indexOf(position)
    if (seen >= 0) {
      const loop = [...trail.slice(seen), position].map((at) => sections[at].name).join(' → ')
      problems.add({
        code: 'CONFIG_CYCLE', path: ['ensembles', position, 'members'], message: `ensembles in a circle: ${loop}`,
        value: loop, hint: "take one of them out of another's members",
      })
      return
    }
    for (const member of sections[position].members) {
      const next = positionOf.get((typeof member === 'string' ? member : member.signal) ?? '')
      if (next !== undefined) visit(next, [...trail, position])
    }
    done.add(position)
    order.push(position)
  }
  for (const position of sections.keys()) visit(position, [])
  return order
}
