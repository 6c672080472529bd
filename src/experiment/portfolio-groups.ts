import { aboutRange, checkAxis, checkSample } from './axes.ts'
import { combinationCount } from './combinations.ts'
import type { PortfolioAxis, PortfolioBody, PortfolioGroup, PortfolioLayer, ResolvedPattern } from './experiment.ts'
import { axesOf, axisLength, axisValue, openRange, roundValue, type Axis, type OpenRange } from './grid.ts'
import { DEFAULT_BODY, nest, overlay, toLayer } from './portfolio-layers.ts'
import { portfolioLayerSchema, type PortfolioLayerInput } from './portfolio-schema.ts'
import { checkRules } from './portfolio-rules.ts'
import type { ConfigPath, ConfigPlace, ConfigProblems } from './problems.ts'
import type { Sample } from './sample.ts'
import type { ExperimentFile, PortfolioSection } from './schema.ts'
import type { SignalIndex } from './signal-index.ts'
import { parseWith } from './validation.ts'

/** What stands under every portfolio: the defaults, then `costs` and `execution`, then `defaults`. */
export function baseBody(file: Pick<ExperimentFile, 'costs' | 'execution' | 'defaults'>): PortfolioBody {
  const { costs, execution, defaults = {} } = file
  const sections: PortfolioLayerInput = { ...(costs && { costs }), ...(execution && { execution }) }
  return overlay(overlay(DEFAULT_BODY, toLayer(sections)), toLayer(defaults))
}

/** Signals of a portfolio section, and how many portfolios it stands for, by multiplication. */
export interface CountedPortfolios {
  readonly section: PortfolioSection
  readonly path: ConfigPath
  readonly each: readonly string[] | null
  readonly signals: PortfolioGroup['signals']
  readonly axes: readonly Axis[]
  readonly sample: Sample | null
  readonly count: bigint
}

export function countPortfolios(section: PortfolioSection, signals: SignalIndex, place: ConfigPlace): CountedPortfolios {
  const { problems, path } = place
  const { name, each, grid, sample = null } = section
  if ((each === undefined) === (section.signals === undefined)) {
    const fault = each === undefined ? 'subscribes to no signal' : 'says both `each` and `signals`'
    const message = `the portfolio \`${name}\` ${fault}`
    problems.add({
      code: 'CONFIG_VALUE', path, message,
      value: name, hint: '`each: "trend*"` makes a portfolio per signal, `signals: ["trend*"]` one that combines them',
    })
  }
  const selections = each === undefined ? null : [each].flat()
  const matched = selections?.flatMap((selection, i) => {
    const at = Array.isArray(each) ? [...path, 'each', i] : [...path, 'each']
    return signals.require(selection, { problems, path: at })
  })
  const axes = axesOf(grid)
  checkSample({ axes, sample }, place)
  const distinct = matched === undefined ? null : [...new Set(matched)]
  return {
    section, path, axes, sample,
    each: distinct,
    signals: signals.subscribe(section.signals ?? [], { problems, path: [...path, 'signals'] }),
    count: combinationCount({ axes, sample }) * BigInt(distinct?.length ?? 1),
  }
}

/** One entry of `portfolios`, with every axis value and every rule between fields checked. */
export function resolvePortfolios(
  counted: CountedPortfolios,
  known: { readonly base: PortfolioBody; readonly patterns: readonly ResolvedPattern[] },
  problems: ConfigProblems,
): PortfolioGroup {
  const { section, path, each, signals, sample } = counted
  const { name, containerId = name, each: _each, signals: _signals, grid: _grid, sample: _sample, walkForward: _walkForward, ...fields } = section
  const body = overlay(known.base, toLayer(fields))
  const axes = counted.axes.map((axis) => resolveAxis(axis, { problems, path }))
  checkOverlaps(axes, { problems, path })
  checkRules({ body, axes }, known.patterns, { problems, path })
  return { name, containerId, each, signals, body, axes, sample, count: Number(counted.count) }
}

function resolveAxis(axis: Axis, place: ConfigPlace): PortfolioAxis {
  const { problems } = place
  const path = [...place.path, 'grid', axis.name]
  checkAxis(axis, place)
  const range = openRange(axis)
  const values = range === undefined ? Array.from({ length: axisLength(axis) }, (_, position) => axisValue(axis, position)) : typicalValues(range)
  const told = new Set<string>()
  const layers = values.map((value, position) => {
    const parsed = parseWith(portfolioLayerSchema, nest(axis.name, value))
    if ('value' in parsed) return { value, layer: toLayer(parsed.value) }
    for (const problem of parsed.problems) {
      const once = problem.code === 'CONFIG_UNKNOWN' || range !== undefined
      const key = once ? problem.message : `${position}: ${problem.message}`
      if (!told.has(key)) problems.add({ ...aboutRange(problem, axis), path: once || !Array.isArray(axis.values) ? path : [...path, position] })
      told.add(key)
    }
    return { value, layer: {} }
  })
  return range === undefined ? { name: axis.name, values: layers } : { name: axis.name, range, values: layers }
}

/** What fields allow are intervals, of whole numbers or of all: both ends and something between them tell. */
function typicalValues({ from, to, integer = false }: OpenRange): number[] {
  return integer ? [from, to] : [from, roundValue(from + (to - from) * GOLDEN_SECTION), to]
}

const GOLDEN_SECTION = 0.618034

/** Two axes must not set the same field: the second would hide the first. */
function checkOverlaps(axes: readonly PortfolioAxis[], place: ConfigPlace): void {
  const setBy = new Map<string, string>()
  for (const { name, values } of axes) {
    for (const leaf of new Set(values.flatMap(({ layer }) => leaves(layer)))) {
      const other = setBy.get(leaf)
      if (other !== undefined && other !== name) {
        place.problems.add({
          code: 'CONFIG_DUPLICATE', path: [...place.path, 'grid', name], at: 'key',
          message: `\`${name}\` and \`${other}\` both vary ${leaf}`, value: name,
          hint: 'keep one of the two',
        })
        break
      }
      setBy.set(leaf, name)
    }
  }
}

function leaves(layer: PortfolioLayer): string[] {
  return Object.entries(layer).flatMap(([field, part]) =>
    part !== null && typeof part === 'object' ? Object.keys(part).map((key) => `${field}.${key}`) : [field],
  )
}
