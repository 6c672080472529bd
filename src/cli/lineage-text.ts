import type { RiskLineage } from '../analysis/explain.ts'
import type { FeatureValue, SignalLineage } from '../analysis/signal-lineage.ts'
import { indent, paramsText } from './explanation-parts.ts'
import { exact, exactFloat32 } from './figures.ts'

/** Pairs of a pair feature that are shown; --json has all. */
const PAIRS_SHOWN = 4

/** A signal and, below it, what it was made from. */
export function signalLines(of: SignalLineage, weight?: number): string[] {
  const weighed = weight === undefined ? '' : `, weight ${exact(weight)}`
  return [`${of.signal} = ${exactFloat32(of.value)}${weighed}   ${madeBy(of)}`, ...indent(madeFrom(of))]
}

function madeBy(of: SignalLineage): string {
  if (of.madeBy === 'ensemble') return `ensemble: ${of.method} of ${of.members?.length ?? 0} signals`
  if (of.madeBy === 'model') return `model: prediction ${exact(of.prediction ?? NaN)}`
  return `${of.use}(${paramsText(of.params ?? {})})`
}

function madeFrom(of: SignalLineage): string[] {
  if (of.members !== undefined) return of.members.flatMap(({ weight, lineage }) => signalLines(lineage, weight))
  return of.features.map(featureLine)
}

export function featureLine(feature: FeatureValue): string {
  if (feature.pairs === undefined) return `${feature.expression} = ${exact(feature.value ?? NaN)}`
  const pairs = Object.entries(feature.pairs)
  const shown = pairs.slice(0, PAIRS_SHOWN).map(([pair, value]) => `${pair} ${exact(value)}`).join(', ')
  const more = pairs.length - PAIRS_SHOWN
  return `${feature.expression} of ${shown}${more > 0 ? `, and ${more} more pairs` : ''}`
}

export function riskLines(of: RiskLineage): string[] {
  const decided = Object.entries(of.decided).map(([field, value]) => `${field} ${exactFloat32(value)}`).join(', ')
  return [`${of.model}: ${decided}   ${of.use}(${paramsText(of.params)})`, ...indent(of.features.map(featureLine))]
}
