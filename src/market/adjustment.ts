/** What the adjustment of one market is computed from and written to; all panels `[t][n]`. */
export interface AdjustmentPanels {
  readonly close: Float64Array
  readonly split: Float64Array
  readonly dividend: Float64Array
  readonly adjustment: Float64Array
  readonly splitProduct: Float64Array
}

/**
 * Fills the forward adjustment `g[t] = g[t−1] × split[t] × (1 + dividend[t]/close[t])` and the product of the
 * splits, per symbol, both starting at 1 and carried over rows without a bar. Unlike the usual backward
 * adjustment (CRSP, Yahoo) it is causal: a later split changes no earlier row. The operations run in exactly
 * this order, so that a market adjusted row by row has the same bits.
 */
export function fillAdjustment(panels: AdjustmentPanels, symbols: number): void {
  const { close, split, dividend, adjustment, splitProduct } = panels
  for (let i = 0; i < close.length; i++) {
    const factor = i < symbols ? 1 : adjustment[i - symbols]
    const product = i < symbols ? 1 : splitProduct[i - symbols]
    const hasBar = close[i] === close[i]
    adjustment[i] = hasBar ? factor * split[i] * (1 + dividend[i] / close[i]) : factor
    splitProduct[i] = hasBar ? product * split[i] : product
  }
}
