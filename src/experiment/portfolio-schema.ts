import { z } from 'zod'
import { ALLOCATIONS, EXECUTION_PROFILES, OPPOSITE_POLICIES } from '../domain/portfolio.ts'
import { COMBINE_METHODS } from '../domain/signal.ts'

const fraction = z.number().min(0).max(1)
const share = z.number().gt(0).max(1)
const bars = z.int().min(0)
const bps = z.number().min(0).lt(10_000)

/** Costs as the file says them: `slippageBps` is both legs at once. */
export const costsSchema = z.strictObject({
  feeBps: bps.describe('fee in basis points of the traded value'),
  feePerUnit: z.number().min(0).describe('fee per unit, in account currency'),
  feeMinimum: z.number().min(0).describe('least fee of an order that filled anything'),
  feeOn: z.enum(['both', 'entry']).describe('which legs pay the fee'),
  slippageBps: bps.describe('entry and exit slippage at once'),
  entrySlippageBps: bps,
  exitSlippageBps: bps,
  paySpread: z.boolean().describe("also pay the source's half spread"),
  borrowRate: z.number().describe('yearly fraction on short value'),
  loanRate: z.number().describe('yearly fraction on negative cash'),
  cashRate: z.number().describe('yearly fraction on positive cash'),
}).partial()

export const executionSchema = z.strictObject({
  profile: z.enum(EXECUTION_PROFILES),
  buyingPower: z.enum(['scale', 'reject']),
  participation: share.nullable().describe("largest share of a bar's volume that may fill"),
}).partial()

const exitsSchema = z.strictObject({
  stopLoss: share.nullable(),
  takeProfit: z.number().gt(0).nullable(),
  trailingStop: share.nullable(),
  trailFrom: z.enum(['close', 'high']),
  exitsFrom: z.enum(['entry-bar', 'next-bar']),
  gapFill: z.enum(['open', 'level']),
  reentry: z.enum(['change', 'any']),
}).partial()

const limitsSchema = z.strictObject({
  cap: z.number().min(0).nullable().describe('largest |exposure| per symbol, as a fraction of equity'),
  gross: z.number().min(0).nullable().describe('largest sum of |exposure|'),
}).partial()

/** Every field of any kind of sizing; which belong together is checked once layers are merged. */
const sizingSchema = z.strictObject({
  kind: z.enum(['exposure', 'fixedQuantity', 'fixedCash', 'allIn']),
  size: z.number().gt(0).describe('fraction of equity'),
  quantity: z.union([z.number().gt(0), z.record(z.string(), z.number().min(0))]).describe('units, one number or one per symbol'),
  cash: z.number().gt(0).describe('account currency'),
  cashBuffer: z.number().min(0).lt(1),
}).partial()

const scheduleSchema = z.union([
  z.enum(['bar', 'session', 'week', 'month']),
  z.strictObject({ everyBars: z.int().min(1) }),
])

const drawdownStopSchema = z.union([
  share,
  z.strictObject({ limit: share, resumeAfterBars: z.int().min(1).nullable() }).partial(),
  z.null(),
])

/**
 * What a portfolio may say besides its name, signals and grid. All of it is optional: the same fields stand
 * in `defaults`, in a portfolio and, one at a time, on the axes of its grid.
 */
export const portfolioFields = {
  combine: z.enum(COMBINE_METHODS),
  risk: z.string().describe('name of a risk pattern, or none'),
  riskTolerance: fraction.describe("0 follows the risk models' scale, 1 ignores it"),
  allocation: z.enum(ALLOCATIONS),
  trading: z.enum(['rebalance', 'hold']),
  opposite: z.enum(OPPOSITE_POLICIES),
  schedule: scheduleSchema,
  sizing: sizingSchema,
  longOnly: z.boolean(),
  leverage: z.number().gt(0),
  limits: limitsSchema,
  exits: exitsSchema,
  minHoldBars: bars,
  maxHoldBars: bars,
  cooldownBars: bars,
  drawdownStop: drawdownStopSchema,
  threshold: z.number().min(0).describe('trade only if the change is worth more than this fraction of equity'),
  costs: costsSchema,
  execution: z.union([z.enum(EXECUTION_PROFILES), executionSchema]),
  cash: z.number().gt(0).describe('starting cash in account currency'),
  positions: z.record(z.string(), z.number()).describe('units held at the start, by symbol'),
  end: z.enum(['leave', 'last-open', 'last-close']),
}

/** One layer of portfolio fields: `defaults`, a portfolio, or one value of a grid. */
export const portfolioLayerSchema = z.strictObject(portfolioFields).partial()
export type PortfolioLayerInput = z.infer<typeof portfolioLayerSchema>

/** A sizing after all layers: only the fields of its kind. */
export const resolvedSizingSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exposure'), size: z.number().default(1) }),
  z.strictObject({ kind: z.literal('fixedQuantity'), quantity: z.union([z.number(), z.record(z.string(), z.number())]) }),
  z.strictObject({ kind: z.literal('fixedCash'), cash: z.number() }),
  z.strictObject({ kind: z.literal('allIn'), size: z.number().default(1), cashBuffer: z.number().default(0) }),
])
