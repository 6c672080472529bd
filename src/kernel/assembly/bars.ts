import { barCountsAt, barsAt, symbols } from './block'
import { BAR_BYTES } from './layout'

/** Symbol n's bar of a row, for exits and participation. */
// @ts-ignore: decorator
@inline
export function barOf(row: i32, n: usize): usize {
  return barsAt + (<usize>(row * symbols) + n) * BAR_BYTES
}

/** Bars symbol n had closed before a row, and with it. */
// @ts-ignore: decorator
@inline
export function barsBefore(row: i32, n: usize): v128 {
  return v128.load64_splat(barCountsAt + ((<usize>(row * symbols) + n) << 3))
}

// @ts-ignore: decorator
@inline
export function barsUpTo(row: i32, n: usize): v128 {
  return barsBefore(row + 1, n)
}
