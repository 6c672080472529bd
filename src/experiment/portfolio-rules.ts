import type { Sizing } from '../domain/portfolio.ts'
import type { PortfolioAxis, PortfolioBody, ResolvedPattern } from './experiment.ts'
import { nameHint } from './names.ts'
import { overlay } from './portfolio-layers.ts'
import { resolvedSizingSchema } from './portfolio-schema.ts'
import type { ConfigPath, ConfigPlace, ConfigProblem } from './problems.ts'
import { parseWith } from './validation.ts'

/** A sizing with the defaults of its kind. */
export function finishSizing(sizing: Sizing): Sizing {
  return resolvedSizingSchema.parse(sizing)
}

type Fault = Pick<ConfigProblem, 'code' | 'message' | 'value' | 'hint'> & { readonly path?: ConfigPath }

/** Something that several fields, or a field and the rest of the file, have to agree on. */
interface Rule {
  readonly reads: readonly (keyof PortfolioBody)[]
  check(body: PortfolioBody, patterns: readonly ResolvedPattern[]): Fault | undefined
}

const RULES: readonly Rule[] = [
  {
    reads: ['sizing'],
    check: ({ sizing }) => {
      const parsed = parseWith(resolvedSizingSchema, sizing)
      if ('value' in parsed) return undefined
      const [problem] = parsed.problems
      const message = problem.code === 'CONFIG_UNKNOWN' ? `sizing ${sizing.kind} has no \`${String(problem.value)}\`` : problem.message
      return { ...problem, path: ['sizing', ...problem.path], message }
    },
  },
  {
    reads: ['drawdownStop'],
    check: ({ drawdownStop }) => {
      if (drawdownStop === null || drawdownStop.limit !== undefined) return undefined
      return {
        code: 'CONFIG_VALUE', message: 'a drawdown stop needs a limit', value: drawdownStop,
        hint: 'write drawdownStop: { limit: 0.2 }',
      }
    },
  },
  {
    reads: ['minHoldBars', 'maxHoldBars'],
    check: ({ minHoldBars, maxHoldBars }) => {
      if (maxHoldBars === 0 || minHoldBars <= maxHoldBars) return undefined
      return {
        code: 'CONFIG_VALUE', message: `minHoldBars ${minHoldBars} is above maxHoldBars ${maxHoldBars}`, value: minHoldBars,
        hint: 'maxHoldBars: 0 is no maximum',
      }
    },
  },
  {
    reads: ['riskPattern'],
    check: ({ riskPattern }, patterns) => {
      if (riskPattern === null || patterns.some((pattern) => pattern.name === riskPattern)) return undefined
      const withoutRisk = 'write `risk: none` on the portfolio (or in `defaults:` for all of them)'
      const hint = riskPattern === 'default'
        ? `${withoutRisk}, or add \`risk.patterns.default\` with at least one model`
        : `${nameHint(riskPattern, patterns.map((pattern) => pattern.name))}; to trade without risk models ${withoutRisk}`
      return { code: 'CONFIG_VALUE', message: `nobody decides the risk pattern \`${riskPattern}\``, value: riskPattern, hint }
    },
  },
  {
    reads: ['allocation', 'riskPattern'],
    check: ({ allocation, riskPattern }, patterns) => {
      const pattern = patterns.find(({ name }) => name === riskPattern)
      if (allocation !== 'weights' || pattern?.decidesWeights === true || (riskPattern !== null && pattern === undefined)) return undefined
      const message = riskPattern === null
        ? 'without a risk pattern nobody decides weights'
        : `no model of the risk pattern \`${riskPattern}\` decides weights`
      const hint = 'add an optimiser such as minimum-variance to the pattern, or write allocation: equal'
      return { code: 'CONFIG_VALUE', message, value: allocation, hint }
    },
  },
]

/** Checks every rule in every combination of the axes it reads, and reports its first failure. */
export function checkRules(
  portfolio: { readonly body: PortfolioBody; readonly axes: readonly PortfolioAxis[] },
  patterns: readonly ResolvedPattern[],
  place: ConfigPlace,
): void {
  for (const rule of RULES) {
    const axes = portfolio.axes.filter((axis) => axis.values.some(({ layer }) => rule.reads.some((field) => field in layer)))
    for (const { body, label } of combinations(portfolio.body, axes)) {
      const fault = rule.check(body, patterns)
      if (fault === undefined) continue
      const message = label === '' ? fault.message : `${fault.message} (with ${label})`
      const path = axes.length > 0 ? ['grid', axes[0].name] : (fault.path ?? [rule.reads[0]])
      place.problems.add({ ...fault, path: [...place.path, ...path], message })
      break
    }
  }
}

function* combinations(body: PortfolioBody, axes: readonly PortfolioAxis[], label = ''): Generator<{ body: PortfolioBody; label: string }> {
  if (axes.length === 0) {
    yield { body, label }
    return
  }
  const [axis, ...rest] = axes
  for (const { value, layer } of axis.values) {
    yield* combinations(overlay(body, layer), rest, `${label}${label === '' ? '' : ', '}${axis.name} = ${String(value)}`)
  }
}
