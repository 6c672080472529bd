import { TRACED_RULES } from './decision-trace.ts'
import { allocated, computeExposure } from './exposure.ts'
import type { TargetTrace } from './kernel.ts'
import type { Turn } from './turn.ts'

const fround = Math.fround

/**
 * How the latest decision of the turn's portfolio came about for symbol n: phase 1 is computed again from the
 * block, phase 2 was kept.
 */
export function readTrace(turn: Turn, n: number): TargetTrace {
  const { rules, exposure, trace, row, own } = turn
  const at = turn.cell + n
  const pattern = rules.pattern < 0 ? null : turn.block.patterns[rules.pattern]
  computeExposure(rules, turn.block, row, exposure)
  const combined = exposure.combined[n]
  const weights = rules.allocation === 'weights' && pattern !== null ? pattern.weights : null
  const share = allocated(combined, weights === null ? exposure.share : weights[at])
  const scaled = fround(share * exposure.softenedScale) + 0
  const sided = rules.longOnly && scaled < 0 ? 0 : scaled
  const cap = pattern === null ? rules.cap : Math.min(rules.cap, pattern.cap[at])
  const capped = sided > cap ? cap : sided < -cap ? -cap + 0 : sided
  const names: string[] = []
  if (sided !== scaled && scaled === scaled) names.push('long-only')
  if (capped !== sided && sided === sided) names.push('cap')
  if (exposure.grossFactor !== 1) names.push('gross')
  TRACED_RULES.forEach((rule, index) => {
    if ((trace.acted[own + n] & (1 << index)) !== 0) names.push(rule)
  })
  return {
    combined, allocated: share, scale: pattern === null ? 1 : pattern.scale[row],
    softenedScale: exposure.softenedScale, scaled, cap, capped,
    gross: exposure.gross, grossFactor: exposure.grossFactor, target: exposure.target[n],
    veto: pattern !== null && pattern.veto[at] !== 0,
    desiredQuantity: trace.desired[own + n], heldQuantity: trace.held[own + n], rules: names,
  }
}
