/** Takes back what division loses when a quantity is a whole number of lots. */
export const LOT_SLACK = 1 + 1e-12

/** Units rounded toward zero to whole lots; a lot of 0 is fractional. Never −0. */
export function toLots(quantity: number, lot: number): number {
  if (lot === 0) return quantity
  return Math.trunc(quantity * (LOT_SLACK / lot)) * lot + 0
}
