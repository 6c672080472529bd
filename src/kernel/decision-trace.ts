/** Rules of phase 2 that may change or stop an order, in the order they act. */
export const TRACED_RULES = [
  'barrier', 'schedule', 'hold', 'lot', 'max-hold', 'reentry', 'cooldown', 'min-hold', 'veto',
  'held-cap', 'held-gross', 'threshold', 'drawdown-stop', 'ended', 'end-of-run',
] as const

export type TracedRule = (typeof TRACED_RULES)[number]

/** The bit of a rule in a decision's mask. */
export const TRACE = Object.fromEntries(TRACED_RULES.map((rule, index) => [rule, 1 << index])) as Record<TracedRule, number>

/** The latest decision of every portfolio, as far as it cannot be worked out again from the block. */
export interface DecisionTrace {
  /** Whether the decision being made is kept: always, but for the earlier rows of a fused block. */
  keep: boolean
  readonly desired: Float64Array
  readonly held: Float64Array
  readonly acted: Int32Array
}

export function createDecisionTrace(cells: number): DecisionTrace {
  return { keep: false, desired: new Float64Array(cells), held: new Float64Array(cells), acted: new Int32Array(cells) }
}
