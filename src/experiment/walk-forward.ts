import { METRIC_FIELDS } from '../domain/metrics.ts'
import { portfolioAt } from './portfolios.ts'
import type { PortfolioGroup, ResolvedExperiment, SelectionRule, WalkForwardGroup } from './experiment.ts'
import { nameHint } from './names.ts'
import type { ConfigPlace } from './problems.ts'
import type { PortfolioSection } from './schema.ts'

type WalkForwardSection = NonNullable<PortfolioSection['walkForward']>

/** The module an experiment was read from: what functions in it are found in again. */
export interface ExperimentModule {
  readonly file: string
  readonly sourceHash: string
}

/** Makes a group of portfolios the candidates of a walk-forward; undefined when that cannot be. */
export function resolveWalkForward(
  section: WalkForwardSection,
  of: { readonly group: PortfolioGroup; readonly module: ExperimentModule | undefined },
  place: ConfigPlace,
): WalkForwardGroup | undefined {
  const { train, test, step = test, unit, anchored } = section
  checkSizings(of.group, place)
  checkStart(of.group, place)
  const select = resolveSelection(section.select, of.module, { ...place, path: [...place.path, 'select'] })
  return select === undefined ? undefined : { ...of.group, windows: { train, test, step, unit, anchored }, select }
}

function resolveSelection(
  select: WalkForwardSection['select'], module: ExperimentModule | undefined, { problems, path }: ConfigPlace,
): SelectionRule | undefined {
  if (typeof select === 'function') {
    if (module !== undefined) return { ...module, path }
    problems.add({
      code: 'CONFIG_VALUE', path,
      message: 'a function that selects is found again only in an experiment file', hint: 'write the experiment as a .ts file, or select by a metric',
    })
    return undefined
  }
  const by = METRIC_FIELDS.find((field) => field === select.by)
  if (by !== undefined) return { by, order: select.order }
  problems.add({
    code: 'CONFIG_VALUE', path: [...path, 'by'],
    message: `no metric is called \`${select.by}\``, value: select.by, hint: nameHint(select.by, METRIC_FIELDS),
  })
  return undefined
}

/** An all-in order waits without a size, which only all-in parameters can give it. */
function checkSizings(group: PortfolioGroup, { problems, path }: ConfigPlace): void {
  const kinds = new Set(group.axes.flatMap(({ values }) => values.map(({ layer }) => (layer.sizing ?? group.body.sizing).kind ?? group.body.sizing.kind)))
  if (kinds.size < 2 || !kinds.has('allIn')) return
  problems.add({
    code: 'CONFIG_VALUE', path,
    message: 'a walk-forward cannot change between `allIn` and another sizing', value: [...kinds],
    hint: 'an all-in order that waits at a window\'s edge is sized at its fill: make two groups',
  })
}

/** Candidates train flat, so nothing selects among what the one portfolio starts with. */
function checkStart({ axes }: PortfolioGroup, { problems, path }: ConfigPlace): void {
  const axis = axes.find(({ values }) => values.some(({ layer }) => layer.positions !== undefined))
  if (axis === undefined) return
  problems.add({
    code: 'CONFIG_VALUE', path,
    message: 'the candidates of a walk-forward cannot start with different positions: they train flat', value: axis.name,
    hint: 'state `positions` once, for the one portfolio that trades the tests',
  })
}

/** A group's portfolios as they train: flat, whatever the one portfolio starts with. */
export function trainedGroup(group: WalkForwardGroup): WalkForwardGroup {
  return { ...group, body: { ...group.body, positions: {} } }
}

/** Stops nobody that has not ended, and lets nobody go on that is stopped: a window without parameters changes nothing of a stop. */
const KEEPS_STOPS = { limit: 1, resumeAfterBars: null }

/** The one portfolio of a group whose windows select among its candidates: its configuration while nothing is selected. */
export function idleConfig(group: WalkForwardGroup, patterns: ResolvedExperiment['patterns']): ReturnType<typeof portfolioAt> {
  const first = portfolioAt({ portfolios: [group], patterns }, 0)
  return { ...first, id: group.name, signals: [], riskPattern: null, allocation: 'equal', limits: { cap: 0, gross: null }, drawdownStop: KEEPS_STOPS }
}

/** Candidate `ordinal` of a group, as it trades under the group's name. */
export function candidateConfig(group: WalkForwardGroup, patterns: ResolvedExperiment['patterns'], ordinal: number): ReturnType<typeof portfolioAt> {
  return { ...portfolioAt({ portfolios: [group], patterns }, ordinal), id: group.name }
}
