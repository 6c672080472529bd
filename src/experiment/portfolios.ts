import { asConstant } from '../base/hash.ts'
import type { PortfolioConfig, Sizing } from '../domain/portfolio.ts'
import { placesAt } from './combinations.ts'
import type { PortfolioAxis, PortfolioBody, PortfolioGroup, ResolvedExperiment, WeightedSignal } from './experiment.ts'
import { parameterLabel, type Scalar } from './names.ts'
import { layerOf, overlay } from './portfolio-layers.ts'
import { finishSizing } from './portfolio-rules.ts'

export function portfolioCount(resolved: Pick<ResolvedExperiment, 'portfolios'>): number {
  return resolved.portfolios.reduce((count, group) => count + group.count, 0)
}

/** Portfolio `index` (0 ≤ index < portfolioCount) in file, `each` and grid order, fully resolved. */
export function portfolioAt(resolved: Pick<ResolvedExperiment, 'portfolios' | 'patterns'>, index: number): PortfolioConfig {
  const { group, position } = placeOf(resolved, index)
  const choice = chosen(group, position)
  const body = choice.values.reduce((under, { layer }) => overlay(under, layer), sharedBody(group))
  const signals = choice.signal === null ? group.signals : aloneSignal(choice.signal)
  return configOf(body, { id: idOf(group, choice), containerId: group.containerId, signals, patterns: resolved.patterns })
}

/** Field by field: an object put together by spreading is many times slower to make, and to read. */
function configOf(
  body: PortfolioBody, of: Pick<PortfolioConfig, 'id' | 'containerId' | 'signals'> & Pick<ResolvedExperiment, 'patterns'>,
): PortfolioConfig {
  const { drawdownStop } = body
  return {
    id: of.id, containerId: of.containerId, signals: of.signals, combine: body.combine, riskPattern: body.riskPattern,
    riskTolerance: body.riskTolerance, allocation: body.allocation ?? defaultAllocation(body, of.patterns), trading: body.trading,
    opposite: body.opposite, schedule: body.schedule, sizing: finishedSizing(body.sizing), longOnly: body.longOnly,
    leverage: body.leverage, limits: body.limits, exits: body.exits, minHoldBars: body.minHoldBars, maxHoldBars: body.maxHoldBars,
    cooldownBars: body.cooldownBars,
    drawdownStop: drawdownStop === null ? null : { ...drawdownStop, resumeAfterBars: drawdownStop.resumeAfterBars ?? null },
    threshold: body.threshold, costs: body.costs, execution: body.execution, cash: body.cash, positions: body.positions, end: body.end,
  }
}

/** What a portfolio is called, without the rest of its configuration. */
export interface PortfolioLabel {
  readonly id: string
  readonly containerId: string
  /** What tells it from the others, as columns of a result table: `portfolio`, `signal`, grid paths. */
  readonly parameters: Readonly<Record<string, Scalar>>
}

/** What portfolio `index` (0 ≤ index < portfolioCount) is called: no configuration is put together. */
export function portfolioLabelAt(resolved: Pick<ResolvedExperiment, 'portfolios'>, index: number): PortfolioLabel {
  const { group, position } = placeOf(resolved, index)
  const choice = chosen(group, position)
  return {
    id: idOf(group, choice), containerId: group.containerId,
    parameters: { portfolio: group.name, signal: choice.signal, ...choice.parameters },
  }
}

/** Index of a portfolio by its id, or −1. */
export function findPortfolio(resolved: Pick<ResolvedExperiment, 'portfolios'>, id: string): number {
  let first = 0
  for (const group of resolved.portfolios) {
    if (id === group.name || id.startsWith(`${group.name}[`)) {
      for (let position = 0; position < group.count; position++) {
        if (idOf(group, chosen(group, position)) === id) return first + position
      }
    }
    first += group.count
  }
  return -1
}

/** A sweep has few of these and asks for them again and again: one object for all its portfolios. */
const finishedSizings = new WeakMap<Sizing, Sizing>()
const sharedBodies = new WeakSet<PortfolioBody>()
let alone: readonly WeightedSignal[] = []

/** What portfolios of a group have in common is written down and hashed once. */
function sharedBody({ body }: PortfolioGroup): PortfolioBody {
  if (!sharedBodies.has(body)) {
    for (const part of Object.values(body)) if (part !== null && typeof part === 'object') asConstant(part)
    sharedBodies.add(body)
  }
  return body
}

function finishedSizing(sizing: Sizing): Sizing {
  let finished = finishedSizings.get(sizing)
  if (finished === undefined) {
    finished = asConstant(finishSizing(sizing))
    finishedSizings.set(sizing, finished)
  }
  return finished
}

/** Portfolios of one signal come one after the other. */
function aloneSignal(signal: string): readonly WeightedSignal[] {
  if (alone[0]?.signal !== signal) alone = asConstant([{ signal, weight: 1 }])
  return alone
}

/** Risk weights where the pattern's models decide them, else equal shares. */
function defaultAllocation({ riskPattern }: PortfolioBody, patterns: ResolvedExperiment['patterns']): 'weights' | 'equal' {
  return patterns.some(({ name, decidesWeights }) => name === riskPattern && decidesWeights) ? 'weights' : 'equal'
}

interface Choice {
  /** Of `each`; null without. */
  readonly signal: string | null
  readonly values: readonly PortfolioGroup['axes'][number]['values'][number][]
  readonly parameters: Readonly<Record<string, Scalar>>
}

function placeOf(resolved: Pick<ResolvedExperiment, 'portfolios'>, index: number): { group: PortfolioGroup; position: number } {
  let position = index
  for (const group of resolved.portfolios) {
    if (position < group.count) return { group, position }
    position -= group.count
  }
  throw new Error(`there is no portfolio ${index} of ${portfolioCount(resolved)}`)
}

/** Signals turn slowest, then the axes in file order; a sample draws the same combinations for every signal. */
function chosen(group: PortfolioGroup, position: number): Choice {
  const perSignal = group.count / (group.each?.length ?? 1)
  const values = placesAt(group, ({ range, values: listed }) => range ?? listed.length, position % perSignal).map((place, a) => valueAt(group.axes[a], place))
  return {
    signal: group.each === null ? null : group.each[Math.floor(position / perSignal)],
    values,
    parameters: Object.fromEntries(values.map(({ value }, a) => [group.axes[a].name, value])),
  }
}

function valueAt({ name, range, values }: PortfolioAxis, place: number): PortfolioAxis['values'][number] {
  return range === undefined ? values[place] : { value: place, layer: layerOf(name, place) }
}

/** By parameters, never by position: widening a grid renames nothing. */
function idOf(group: PortfolioGroup, { signal, parameters }: Choice): string {
  return `${group.name}${signal === null ? '' : `[${signal}]`}${parameterLabel(parameters)}`
}
