/**
 * What risk models say about a bar, for one risk pattern. `scale` and `weights` are advice (`scale` is
 * softened by the portfolio's tolerance); `cap`, `gross` and `veto` are hard and never softened.
 */
export const DECISION_FIELDS = ['scale', 'gross', 'weights', 'cap', 'veto'] as const
export type DecisionField = (typeof DECISION_FIELDS)[number]

/** Values per row of one field: 1 for `scale` and `gross`, N for the others. */
export function decisionFieldWidth(field: DecisionField, symbols: number): number {
  return field === 'scale' || field === 'gross' ? 1 : symbols
}

/** Values per row of a risk model's output: its declared fields in the order of DECISION_FIELDS. */
export function decisionWidth(fields: readonly DecisionField[], symbols: number): number {
  return fields.reduce((sum, field) => sum + decisionFieldWidth(field, symbols), 0)
}

/** Offset of `field` in a row of a model that decides `fields`, or −1. */
export function decisionFieldOffset(fields: readonly DecisionField[], field: DecisionField, symbols: number): number {
  let offset = 0
  for (const candidate of DECISION_FIELDS) {
    if (!fields.includes(candidate)) continue
    if (candidate === field) return offset
    offset += decisionFieldWidth(candidate, symbols)
  }
  return -1
}

/**
 * Several models' decisions for one pattern, combined: what the kernel reads, for a block of rows.
 * `scale` and `gross` are `[row]`, the others `[row][n]`. Where nothing was decided: scale 1, gross and cap
 * Infinity, veto 0.
 */
export interface PatternDecisions {
  readonly scale: Float32Array
  readonly gross: Float32Array
  /** Allocation weights; null when no model of the pattern decides them. */
  readonly weights: Float32Array | null
  readonly cap: Float32Array
  /** 1 = no increase. */
  readonly veto: Uint8Array
}

export function createPatternDecisions(of: { rows: number; symbols: number; hasWeights: boolean }): PatternDecisions {
  const size = of.rows * of.symbols
  return {
    scale: new Float32Array(of.rows).fill(1),
    gross: new Float32Array(of.rows).fill(Infinity),
    weights: of.hasWeights ? new Float32Array(size) : null,
    cap: new Float32Array(size).fill(Infinity),
    veto: new Uint8Array(size),
  }
}

/** One model's stored rows: its fields, and where the row to combine starts in `values`. */
export interface DecisionSource {
  readonly fields: readonly DecisionField[]
  readonly values: Float32Array
  readonly offset: number
}

/** Which row of the output block to fill, and N. */
export interface DecisionPlace {
  readonly row: number
  readonly symbols: number
}

/**
 * Combines one row of a pattern's models into row `place.row` of `out`: scales multiply (float32, in pattern
 * order), caps and gross take the minimum, any veto wins. NaN means the model could not decide: a NaN scale
 * or gross vetoes every symbol (and counts as 1 or no limit), a NaN cap, weight or veto vetoes its symbol.
 */
export function combineDecisions(sources: readonly DecisionSource[], place: DecisionPlace, out: PatternDecisions): void {
  const start = place.row * place.symbols
  out.scale[place.row] = 1
  out.gross[place.row] = Infinity
  out.cap.fill(Infinity, start, start + place.symbols)
  out.veto.fill(0, start, start + place.symbols)
  for (const source of sources) {
    combineScalars(source, place, out)
    combineSymbols(source, place, out)
  }
}

function fieldStart(source: DecisionSource, field: DecisionField, symbols: number): number {
  const offset = decisionFieldOffset(source.fields, field, symbols)
  return offset < 0 ? -1 : source.offset + offset
}

function combineScalars(source: DecisionSource, place: DecisionPlace, out: PatternDecisions): void {
  const start = place.row * place.symbols
  const scaleAt = fieldStart(source, 'scale', place.symbols)
  if (scaleAt >= 0) {
    const scale = source.values[scaleAt]
    if (scale !== scale) out.veto.fill(1, start, start + place.symbols)
    else out.scale[place.row] = Math.fround(out.scale[place.row] * scale)
  }
  const grossAt = fieldStart(source, 'gross', place.symbols)
  if (grossAt >= 0) {
    const gross = source.values[grossAt]
    if (gross !== gross) out.veto.fill(1, start, start + place.symbols)
    else if (gross < out.gross[place.row]) out.gross[place.row] = gross
  }
}

function combineSymbols(source: DecisionSource, place: DecisionPlace, out: PatternDecisions): void {
  const { symbols } = place
  const start = place.row * symbols
  const capAt = fieldStart(source, 'cap', symbols)
  const vetoAt = fieldStart(source, 'veto', symbols)
  const weightsAt = fieldStart(source, 'weights', symbols)
  for (let n = 0; n < symbols; n++) {
    if (capAt >= 0) {
      const cap = source.values[capAt + n]
      if (cap !== cap) out.veto[start + n] = 1
      else if (cap < out.cap[start + n]) out.cap[start + n] = cap
    }
    if (vetoAt >= 0 && source.values[vetoAt + n] !== 0) out.veto[start + n] = 1
    if (weightsAt >= 0 && out.weights !== null) {
      const weight = source.values[weightsAt + n]
      out.weights[start + n] = weight
      if (weight !== weight) out.veto[start + n] = 1
    }
  }
}
