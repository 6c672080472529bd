import { z } from 'zod'
import { COMBINE_METHODS } from '../domain/signal.ts'
import type { SelectPortfolio } from '../domain/walk-forward.ts'
import { nearestEnds, reachesEnd } from './grid.ts'
import { NAME_PATTERN } from './names.ts'
import { costsSchema, executionSchema, portfolioFields, portfolioLayerSchema } from './portfolio-schema.ts'
import { SAMPLE_METHODS } from './sample.ts'

const name = z.string().regex(NAME_PATTERN, 'a name starts with a letter and has only letters, digits, `_`, `.` and `-`')
const currency = z.string().regex(/^[A-Z]{3}$/, 'a currency is three capital letters: USD').default('USD')
const scalar = z.union([z.number(), z.string(), z.boolean(), z.null()])
const positiveInteger = z.int().min(1)

const rangeSchema = z.strictObject({
  from: z.number(),
  to: z.number(),
  step: z.number().gt(0).optional().describe('without a step only a sample draws from it'),
  integer: z.boolean().optional().describe('without a step: whole numbers only'),
  log: z.boolean().optional().describe('without a step: equal ratios are equally likely'),
})
  .refine(({ from, to }) => to >= from, '`to` is below `from`')
  .refine(({ step, integer, log }) => step === undefined || (integer === undefined && log === undefined), '`integer` and `log` are for ranges without `step`')
  .refine(({ from, log }) => log !== true || from > 0, 'a range by `log` begins above 0')
  .refine(({ from, to, integer }) => integer !== true || (Number.isSafeInteger(from) && Number.isSafeInteger(to)), 'a range of whole numbers has whole ends')
  .refine(({ from, to, step, integer }) => step !== undefined || integer === true || to > from, 'a range without `step` has two different ends')
  .superRefine(({ from, to, step }, context) => {
    if (step === undefined || step <= 0 || to < from || reachesEnd({ from, to, step })) return
    const [last, next] = nearestEnds({ from, to, step })
    context.addIssue({
      code: 'custom', path: ['to'], message: `steps of ${step} from ${from} do not reach ${to}: both ends of a range are in`,
      params: { hint: `\`to: ${last}\` or \`to: ${next}\`` },
    })
  })

/** Values of one dimension: a list, an inclusive range, or a range that a sample draws from. */
export const axisSchema = z.union([z.array(scalar).min(1), rangeSchema])
const gridSchema = z.record(z.string(), axisSchema).describe('the cross product of these axes')
const sampleSchema = z.strictObject({
  method: z.enum(SAMPLE_METHODS),
  count: positiveInteger.describe('combinations'),
  seed: z.union([z.int(), z.string()]).default(1),
}).describe('draws combinations from the axes of `grid` instead of taking all')

const selectionFields = {
  signal: z.string().optional().describe('a name, with *, ? and {a,b} as wildcards'),
  tags: z.array(z.string()).min(1).optional().describe('strategies that have all of these tags'),
  where: z.string().optional().describe("a filter over parameters, `name` and `tags`: fast < slow / 2 and name == 'trend'"),
}
const selectsSomething = ({ signal, tags, where }: { signal?: string; tags?: unknown; where?: string }) => (signal ?? tags ?? where) !== undefined
const SELECT_SOMETHING = 'select by `signal`, `tags` or `where`'
const signalSelection = z.union([z.string(), z.strictObject(selectionFields).refine(selectsSomething, SELECT_SOMETHING)])
const signalReference = z.union([
  z.string(),
  z.strictObject({ ...selectionFields, weight: z.number().gt(0).default(1) }).refine(selectsSomething, SELECT_SOMETHING),
])
const signalReferences = z.array(signalReference).min(1).describe('signals by name (*, ? and {a,b} are wildcards), tags or filter')
const params = z.record(z.string(), z.unknown())
const use = z.string().min(1).describe('a built-in, or a file of your own: ./my-strategy.ts')

const strategySchema = z.strictObject({
  name,
  use,
  params: params.default({}),
  grid: gridSchema.optional(),
  sample: sampleSchema.optional(),
  where: z.string().optional().describe('keeps only combinations for which this holds: fast < slow'),
  tags: z.array(z.string()).default([]),
})

const modelSchema = z.strictObject({
  name,
  file: z.string().min(1).describe('an ONNX file'),
  features: z.array(z.string()).min(1).describe('feature expressions, in the order of the input tensor'),
  window: positiveInteger.default(1).describe('bars per window'),
  signal: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('scale'), scale: z.number() }),
    z.strictObject({ kind: z.literal('sign'), threshold: z.number().min(0).default(0) }),
    z.strictObject({ kind: z.literal('rank') }),
  ]),
})

const ensembleSchema = z.strictObject({
  name,
  method: z.enum(COMBINE_METHODS).default('mean'),
  members: signalReferences,
})

const riskSchema = z.strictObject({
  models: z.array(z.strictObject({ name, use, params: params.default({}) })).default([]),
  patterns: z.record(z.string(), z.strictObject({
    book: z.strictObject({ signals: signalReferences, combine: z.enum(COMBINE_METHODS).default('mean') }),
    models: z.array(z.string()),
  })).default({}),
})

const walkForwardSchema = z.strictObject({
  train: positiveInteger.describe('length of a training'),
  test: positiveInteger.describe('length of a test'),
  step: positiveInteger.optional().describe('from one test to the next; `test`, if left out'),
  unit: z.enum(['bars', 'sessions']).default('bars'),
  anchored: z.boolean().default(false).describe('every training begins at the first traded bar'),
  select: z.union([
    z.strictObject({ by: z.string().default('sharpe'), order: z.enum(['highest', 'lowest']).default('highest') }),
    z.custom<SelectPortfolio>().superRefine((value: unknown, context) => {
      if (typeof value === 'function') return
      const hint = typeof value === 'string' ? `select: { by: ${value} }` : undefined
      context.addIssue({ code: 'custom', message: 'a selection is { by, order }, or a function in a TypeScript experiment', params: { hint } })
    }),
  ]).default({ by: 'sharpe', order: 'highest' }).describe('the metric that chooses from the training table'),
}).superRefine(({ step, test }, context) => {
  if (step === undefined || step <= test) return
  context.addIssue({ code: 'custom', path: ['step'], message: 'a `step` above `test` leaves bars that no window tests', params: { hint: `at most ${test}, which is \`test\`` } })
})

const portfolioSchema = portfolioLayerSchema.extend({
  name,
  containerId: z.string().min(1).optional().describe('the unit that gets the fills back; the name, if left out'),
  each: z.union([signalSelection, z.array(signalSelection).min(1)]).optional().describe('one portfolio per signal that is selected'),
  signals: signalReferences.optional(),
  grid: gridSchema.optional().describe('the cross product of portfolio fields, nested ones as dotted paths'),
  sample: sampleSchema.optional(),
  walkForward: walkForwardSchema.optional().describe('trains all of them window by window and trades the one selected: one portfolio'),
})

const metricsSchema = z.strictObject({
  profile: z.union([
    z.string(),
    z.strictObject({
      extends: z.string().default('empyrical'),
      basis: z.enum(['session', 'bar']).optional(),
      periodsPerYear: z.number().gt(0).optional(),
      firstReturn: z.enum(['included', 'excluded']).optional(),
      annualisation: z.enum(['arithmetic', 'geometric']).optional(),
      riskFreeRate: z.number().optional(),
      ddof: z.union([z.literal(0), z.literal(1)]).optional(),
    }),
  ]).default('empyrical'),
})

const limitsSchema = z.strictObject({
  maxCombinations: positiveInteger.default(1_000_000).describe('strategy instances, portfolios, or trainings of walk-forwards'),
  maxMemoryMiB: z.number().gt(0).default(4_096),
  maxDiskMiB: z.number().gt(0).default(20_480),
})

/** The experiment file. Settings of `market` are checked by the source it names. */
export const experimentSchema = z.strictObject({
  name,
  account: z.strictObject({ currency }).default({ currency: 'USD' }),
  market: z.looseObject({ source: z.string() }),
  strategies: z.array(strategySchema).default([]),
  models: z.array(modelSchema).default([]),
  ensembles: z.array(ensembleSchema).default([]),
  risk: riskSchema.default({ models: [], patterns: {} }),
  portfolios: z.array(portfolioSchema).min(1),
  costs: costsSchema.optional(),
  execution: executionSchema.optional(),
  defaults: z.strictObject(portfolioFields).partial().optional().describe('any portfolio field, for all portfolios'),
  metrics: metricsSchema.default({ profile: 'empyrical' }),
  record: z.enum(['metrics', 'all']).default('metrics').describe('`all` also stores every order, fill and equity row'),
  limits: limitsSchema.default({ maxCombinations: 1_000_000, maxMemoryMiB: 4_096, maxDiskMiB: 20_480 }),
})

/** What a user writes, in YAML or in a TypeScript module. */
export type ExperimentInput = z.input<typeof experimentSchema>
/** The same with the schema's defaults filled in, before names and grids are resolved. */
export type ExperimentFile = z.output<typeof experimentSchema>
export type StrategySection = ExperimentFile['strategies'][number]
export type PortfolioSection = ExperimentFile['portfolios'][number]
export type SignalReference = z.output<typeof signalReference>
export type SignalSelection = z.output<typeof signalSelection>

/** Types an experiment written as a TypeScript module; it is checked when it is loaded. */
export function defineExperiment(experiment: ExperimentInput): ExperimentInput {
  return experiment
}
