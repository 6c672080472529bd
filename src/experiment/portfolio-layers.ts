import { NO_COSTS } from '../domain/costs.ts'
import type { Costs } from '../domain/costs.ts'
import type { DrawdownStop, Schedule, Sizing } from '../domain/portfolio.ts'
import type { PortfolioBody, PortfolioLayer } from './experiment.ts'
import type { Scalar } from './names.ts'
import type { PortfolioLayerInput } from './portfolio-schema.ts'

/** What a portfolio is when the file says nothing. */
export const DEFAULT_BODY: PortfolioBody = {
  combine: 'mean',
  riskPattern: 'default',
  riskTolerance: 0,
  allocation: null,
  trading: 'rebalance',
  opposite: 'reverse',
  schedule: { everyBars: 1 },
  sizing: { kind: 'exposure', size: 1 },
  longOnly: false,
  leverage: 1,
  limits: { cap: null, gross: null },
  exits: {
    stopLoss: null, takeProfit: null, trailingStop: null,
    trailFrom: 'close', exitsFrom: 'entry-bar', gapFill: 'open', reentry: 'change',
  },
  minHoldBars: 0,
  maxHoldBars: 0,
  cooldownBars: 0,
  drawdownStop: null,
  threshold: 0,
  costs: NO_COSTS,
  execution: { profile: 'next-open', buyingPower: 'scale', participation: null },
  cash: 100_000,
  positions: {},
  end: 'leave',
}

/** The file's friendlier form in the words of {@link PortfolioBody}. */
export function toLayer(input: PortfolioLayerInput): PortfolioLayer {
  const { risk, schedule, drawdownStop, costs, execution, ...plain } = input
  const layer: Record<string, unknown> = { ...plain }
  if (risk !== undefined) layer.riskPattern = risk === 'none' ? null : risk
  if (schedule !== undefined) layer.schedule = toSchedule(schedule)
  if (drawdownStop !== undefined) layer.drawdownStop = toDrawdownStop(drawdownStop)
  if (costs !== undefined) layer.costs = toCosts(costs)
  if (execution !== undefined) layer.execution = typeof execution === 'string' ? { profile: execution } : execution
  return layer as PortfolioLayer
}

function toDrawdownStop(stop: NonNullable<PortfolioLayerInput['drawdownStop']> | null): Partial<DrawdownStop> | null {
  return typeof stop === 'number' ? { limit: stop, resumeAfterBars: null } : stop
}

function toSchedule(schedule: NonNullable<PortfolioLayerInput['schedule']>): Schedule {
  if (typeof schedule !== 'string') return schedule
  return schedule === 'bar' ? { everyBars: 1 } : { every: schedule }
}

/** `slippageBps` is both legs; a leg's own figure beside it wins. */
function toCosts({ slippageBps, ...costs }: NonNullable<PortfolioLayerInput['costs']>): Partial<Costs> {
  return slippageBps === undefined ? costs : { entrySlippageBps: slippageBps, exitSlippageBps: slippageBps, ...costs }
}

/** Sections that are overridden key by key; every other field is replaced whole. */
const NESTED = ['limits', 'exits', 'drawdownStop', 'costs', 'execution'] as const

/** Puts a layer over a body. */
export function overlay(body: PortfolioBody, layer: PortfolioLayer): PortfolioBody {
  const merged: Record<string, unknown> = { ...body, ...layer }
  for (const key of NESTED) {
    const part = layer[key]
    if (part !== undefined && part !== null) merged[key] = { ...body[key], ...part }
  }
  if (layer.sizing !== undefined && layer.sizing !== null) merged.sizing = overlaySizing(body.sizing, layer.sizing)
  return merged as PortfolioBody
}

/** Another kind of sizing takes nothing over from the one it replaces. */
function overlaySizing(sizing: Sizing, layer: Partial<Sizing>): Sizing {
  const replaces = layer.kind !== undefined && layer.kind !== sizing.kind
  return (replaces ? layer : { ...sizing, ...layer }) as Sizing
}

/** The layer of one value of a grid, which its schema has allowed. */
export function layerOf(path: string, value: Scalar): PortfolioLayer {
  return toLayer(nest(path, value) as PortfolioLayerInput)
}

/** A dotted path as the section it stands for: `exits.stopLoss` = 0.1 is `{ exits: { stopLoss: 0.1 } }`. */
export function nest(path: string, value: Scalar): unknown {
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value)
}
