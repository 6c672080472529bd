import { MillraceError } from '../base/errors.ts'
import { MARKET_INPUTS } from '../domain/market-panels.ts'
import type { Step } from '../domain/step.ts'
import { columnsOf } from './define-feature.ts'
import type { FeatureDefinition, FeatureRef, FeatureWidth } from './feature.ts'
import { nearestHint } from './params.ts'
import { isMarketInput } from './reference.ts'
import { features } from './registry.ts'
import type { FeatureRegistry } from './registry.ts'

/** One distinct feature of a run. */
export interface FeatureNode {
  readonly ref: FeatureRef
  readonly definition: FeatureDefinition
  /** 0: reads market panels (or nothing) only; else one more than its highest input's. */
  readonly level: number
  readonly width: FeatureWidth
  /** Values per row for a universe of `symbols`. */
  columns(symbols: number): number
  /** Features and market panels, in the order the step reads them. */
  readonly inputs: readonly FeatureRef[]
  /** Bars of a symbol before the first value, its inputs' included. */
  readonly warmup: number
}

/** True for a market panel, which is read and not computed. */
export function isMarketPanel(ref: FeatureRef): boolean {
  return ref.inputs.length === 0 && isMarketInput(ref.name)
}

/**
 * The distinct features behind `refs`, inputs before their readers, level by level; market panels are not
 * among them. Features of one level do not depend on each other.
 * @throws MillraceError CONFIG_UNKNOWN for a name nobody registered, CONFIG_TYPE for an input of a wrong width.
 */
export function buildFeatureGraph(refs: readonly FeatureRef[], registry: FeatureRegistry = features): readonly FeatureNode[] {
  const nodes = new Map<string, FeatureNode>()
  const visit = (ref: FeatureRef): void => {
    if (nodes.has(ref.expression)) return
    const node = nodeOf(ref, registry)
    if (node === undefined) return
    for (const input of ref.inputs) visit(input)
    nodes.set(ref.expression, node)
  }
  for (const ref of refs) visit(ref)
  return [...nodes.values()].toSorted((a, b) => a.level - b.level)
}

/** A fresh step for a node; its inputs are the node's inputs in order, its output `node.columns(symbols)` long. */
export function createFeatureStep(node: FeatureNode, symbols: number): Step {
  const size = node.definition.width === 'input' ? node.columns(symbols) : symbols
  const step = node.definition.create(node.ref.params, size)
  return {
    warmup: node.warmup,
    step: (row, inputs, out) => step.step(row, inputs, out),
    snapshot: () => step.snapshot(),
    restore: (bytes) => step.restore(bytes),
  }
}

/** What a row of a feature or market panel is as wide as. Throws as buildFeatureGraph does. */
export function featureWidth(ref: FeatureRef, registry: FeatureRegistry = features): FeatureWidth {
  return nodeOf(ref, registry)?.width ?? 'symbol'
}

/** Bars of a symbol before the first value of a feature, its inputs' included; 0 for a market panel. Throws as buildFeatureGraph does. */
export function featureWarmup(ref: FeatureRef, registry: FeatureRegistry = features): number {
  return nodeOf(ref, registry)?.warmup ?? 0
}

/** Nodes by expression: a sweep asks for the same few features once per instance. */
const knownNodes = new WeakMap<FeatureRegistry, Map<string, FeatureNode>>()

/** The node of a feature; undefined for a market panel. */
function nodeOf(ref: FeatureRef, registry: FeatureRegistry): FeatureNode | undefined {
  if (isMarketPanel(ref)) return undefined
  let nodes = knownNodes.get(registry)
  if (nodes === undefined) knownNodes.set(registry, (nodes = new Map()))
  let node = nodes.get(ref.expression)
  if (node === undefined) nodes.set(ref.expression, (node = createNode(ref, registry)))
  return node
}

function createNode(ref: FeatureRef, registry: FeatureRegistry): FeatureNode {
  const definition = findDefinition(ref.name, registry, ref.expression)
  const inputs = ref.inputs.map((input) => nodeOf(input, registry))
  const width = resolveWidth(ref, definition, inputs.map((input) => input?.width ?? 'symbol'))
  return {
    ref,
    definition,
    level: inputs.reduce((level, input) => Math.max(level, input === undefined ? 0 : input.level + 1), 0),
    width,
    columns: (symbols) => columnsOf(width, symbols),
    inputs: ref.inputs,
    warmup: definition.warmup(ref.params) + Math.max(0, ...inputs.map((input) => input?.warmup ?? 0)),
  }
}

/** @throws MillraceError CONFIG_UNKNOWN with the nearest name. */
export function findDefinition(name: string, registry: FeatureRegistry, where: string): FeatureDefinition {
  if (Object.hasOwn(registry, name)) return registry[name].definition
  throw new MillraceError({
    code: 'CONFIG_UNKNOWN', message: `there is no feature or market panel "${name}"`, where, value: name,
    hint: nearestHint(name, [...MARKET_INPUTS, ...Object.keys(registry)]),
  })
}

function resolveWidth(ref: FeatureRef, definition: FeatureDefinition, widths: readonly FeatureWidth[]): FeatureWidth {
  const free = widths.filter((_, i) => definition.inputs[i].width === undefined)
  widths.forEach((width, i) => {
    const wanted = definition.inputs[i].width ?? free[0]
    if (width === wanted) return
    throw new MillraceError({
      code: 'CONFIG_TYPE', where: ref.expression, value: ref.inputs[i].expression,
      message: `input "${definition.inputs[i].name}" of ${ref.name} is ${width}-wide and has to be ${wanted}-wide`,
      hint: 'a symbol-wide feature has a value per symbol, a pair-wide one per pair, a market-wide one a single value',
    })
  })
  return definition.width === 'input' ? (free[0] ?? 'symbol') : definition.width
}
