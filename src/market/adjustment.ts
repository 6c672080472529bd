/** What the adjustment of one market is computed from and written to; all panels `[t][n]`. */
export interface AdjustmentPanels {
  readonly close: Float64Array
  readonly split: Float64Array
  readonly dividend: Float64Array
  readonly adjustment: Float64Array
  readonly splitProduct: Float64Array
}

/** Adjustment and split product at the end of the rows so far, per symbol. */
export interface CarriedAdjustment {
  readonly adjustment: Float64Array
  readonly splitProduct: Float64Array
}

export function startAdjustment(symbols: number): CarriedAdjustment {
  return { adjustment: new Float64Array(symbols).fill(1), splitProduct: new Float64Array(symbols).fill(1) }
}

/**
 * Fills the forward adjustment `g[t] = g[t−1] × split[t] × (1 + dividend[t]/close[t])` and the product of the
 * splits, per symbol, both starting at what the rows before
 * `carried`, at first 1, and carried over rows without a bar. Unlike the usual backward
 * adjustment (CRSP, Yahoo) it is causal: a later split changes no earlier row. The operations run in exactly
 * this order, so that a market adjusted row by row has the same bits.
 */
export function fillAdjustment(panels: AdjustmentPanels, carried: CarriedAdjustment): void {
  const symbols = carried.adjustment.length
  const { close, split, dividend, adjustment, splitProduct } = panels
  for (let i = 0; i < close.length; i++) {
    const factor = i < symbols ? carried.adjustment[i] : adjustment[i - symbols]
    const product = i < symbols ? carried.splitProduct[i] : splitProduct[i - symbols]
    const hasBar = close[i] === close[i]
    adjustment[i] = hasBar ? factor * split[i] * (1 + dividend[i] / close[i]) : factor
    splitProduct[i] = hasBar ? product * split[i] : product
  }
  if (close.length === 0) return
  carried.adjustment.set(adjustment.subarray(close.length - symbols))
  carried.splitProduct.set(splitProduct.subarray(close.length - symbols))
}
