import { asConstant } from '../base/hash.ts'
import type { PortfolioConfig, Sizing } from '../domain/portfolio.ts'
import { placesAt } from './combinations.ts'
import type { PortfolioAxis, PortfolioBody, PortfolioGroup, PortfolioLayer, ResolvedExperiment, ResolvedPattern, WeightedSignal } from './experiment.ts'
import { scalarLabel, type Scalar } from './names.ts'
import { layerOf, overlay } from './portfolio-layers.ts'
import { finishSizing } from './portfolio-rules.ts'

export function portfolioCount(resolved: Pick<ResolvedExperiment, 'portfolios'>): number {
  return resolved.portfolios.reduce((count, group) => count + group.count, 0)
}

/** A portfolio by what tells it from the others of its group. */
export interface PortfolioChoice {
  readonly group: PortfolioTemplate
  /** Of `each`; null without. */
  readonly signal: string | null
  /** On every axis: a position among its values, or a value of its range. */
  readonly places: readonly number[]
}

/** What the portfolios of a group share. */
export type PortfolioTemplate = Pick<PortfolioGroup, 'name' | 'containerId' | 'signals' | 'body' | 'axes'>

/** What is known of risk patterns where portfolios are resolved. */
export type KnownPatterns = readonly Pick<ResolvedPattern, 'name' | 'decidesWeights'>[]

/** Portfolio `index` (0 ≤ index < portfolioCount) in file, `each` and grid order. */
export function choiceAt(resolved: Pick<ResolvedExperiment, 'portfolios'>, index: number): PortfolioChoice {
  const { group, position } = placeOf(resolved, index)
  return chosen(group, position)
}

/** The same, fully resolved. */
export function portfolioAt(resolved: Pick<ResolvedExperiment, 'portfolios' | 'patterns'>, index: number): PortfolioConfig {
  return resolveChoice(choiceAt(resolved, index), resolved.patterns)
}

/** A portfolio, fully resolved. */
export function resolveChoice(choice: PortfolioChoice, patterns: KnownPatterns): PortfolioConfig {
  const { group, signal, places } = choice
  const body = places.reduce((under, place, a) => overlay(under, layerAt(group.axes[a], place)), sharedBody(group))
  const sizing = body.sizing === group.body.sizing ? sharedSizing(body.sizing) : finishSizing(body.sizing)
  return configOf(body, { id: idOf(choice), containerId: group.containerId, signals: signal === null ? group.signals : aloneSignal(signal), sizing, patterns })
}

/** Field by field: an object put together by spreading is many times slower to make, and to read. */
function configOf(
  body: PortfolioBody, of: Pick<PortfolioConfig, 'id' | 'containerId' | 'signals' | 'sizing'> & { readonly patterns: KnownPatterns },
): PortfolioConfig {
  const { drawdownStop } = body
  return {
    id: of.id, containerId: of.containerId, signals: of.signals, combine: body.combine, riskPattern: body.riskPattern,
    riskTolerance: body.riskTolerance, allocation: body.allocation ?? defaultAllocation(body, of.patterns), trading: body.trading,
    opposite: body.opposite, schedule: body.schedule, sizing: of.sizing, longOnly: body.longOnly,
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
  const choice = choiceAt(resolved, index)
  const { group, signal, places } = choice
  const parameters: Record<string, Scalar> = { portfolio: group.name, signal }
  for (let a = 0; a < places.length; a++) parameters[group.axes[a].name] = valueAt(group.axes[a], places[a])
  return { id: idOf(choice), containerId: group.containerId, parameters }
}

/** By parameters, never by position: widening a grid renames nothing. */
export function idOf({ group, signal, places }: PortfolioChoice): string {
  const parts = signal === null ? [group.name] : [group.name, '[', signal, ']']
  for (let a = 0; a < places.length; a++) parts.push(a === 0 ? '[' : ',', group.axes[a].name, '=', scalarLabel(valueAt(group.axes[a], places[a])))
  if (places.length > 0) parts.push(']')
  // Joined, a text is one piece: put together bit by bit it keeps all its bits.
  return parts.join('')
}

/** The risk pattern of a portfolio: an axis that varies it has the last word. */
export function riskPatternOf({ group, places }: PortfolioChoice): string | null {
  let pattern = group.body.riskPattern
  group.axes.forEach(({ range, values }, a) => {
    const varied = range === undefined ? values[places[a]].layer.riskPattern : undefined
    if (varied !== undefined) pattern = varied
  })
  return pattern
}

/** The distinct signals and risk patterns that portfolios read, in order of first use. */
export function inputsOf(choices: readonly PortfolioChoice[]): { readonly signals: string[]; readonly patterns: string[] } {
  const signals = new Set<string>()
  const patterns = new Set<string>()
  let latest: PortfolioTemplate | undefined
  for (const choice of choices) {
    const { group, signal } = choice
    if (signal !== null) signals.add(signal)
    else if (group !== latest) for (const subscription of group.signals) signals.add(subscription.signal)
    latest = group
    const pattern = riskPatternOf(choice)
    if (pattern !== null) patterns.add(pattern)
  }
  return { signals: [...signals], patterns: [...patterns] }
}

/** Index of a portfolio by its id, or −1. */
export function findPortfolio(resolved: Pick<ResolvedExperiment, 'portfolios'>, id: string): number {
  let first = 0
  for (const group of resolved.portfolios) {
    if (id === group.name || id.startsWith(`${group.name}[`)) {
      const position = findChosen(group, id)
      if (position >= 0) return first + position
    }
    first += group.count
  }
  return -1
}

/** Only portfolios of the signal that the id names are spelled. */
function findChosen(group: PortfolioGroup, id: string): number {
  const perSignal = group.count / (group.each?.length ?? 1)
  for (let from = 0; from < group.count; from += perSignal) {
    if (!id.startsWith(idOf({ ...chosen(group, from), places: [] }))) continue
    for (let position = from; position < from + perSignal; position++) if (idOf(chosen(group, position)) === id) return position
  }
  return -1
}

/** Of groups whose portfolios share theirs: one object for all of them. What each has of its own is not kept. */
const finishedSizings = new WeakMap<Sizing, Sizing>()
const sharedBodies = new WeakSet<PortfolioBody>()
let alone: readonly WeightedSignal[] = []

/** What portfolios of a group have in common is written down and hashed once. */
function sharedBody({ body }: PortfolioTemplate): PortfolioBody {
  if (!sharedBodies.has(body)) {
    for (const part of Object.values(body)) if (part !== null && typeof part === 'object') asConstant(part)
    sharedBodies.add(body)
  }
  return body
}

function sharedSizing(sizing: Sizing): Sizing {
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
function defaultAllocation({ riskPattern }: PortfolioBody, patterns: KnownPatterns): 'weights' | 'equal' {
  return patterns.some(({ name, decidesWeights }) => name === riskPattern && decidesWeights) ? 'weights' : 'equal'
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
function chosen(group: PortfolioGroup, position: number): PortfolioChoice {
  const perSignal = group.count / (group.each?.length ?? 1)
  return {
    group,
    signal: group.each === null ? null : group.each[Math.floor(position / perSignal)],
    places: placesAt(group, ({ range, values }) => range ?? values.length, position % perSignal),
  }
}

function valueAt({ range, values }: PortfolioAxis, place: number): Scalar {
  return range === undefined ? values[place].value : place
}

function layerAt({ name, range, values }: PortfolioAxis, place: number): PortfolioLayer {
  return range === undefined ? values[place].layer : layerOf(name, place)
}
