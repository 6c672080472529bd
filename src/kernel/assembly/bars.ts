import { barCountsAt, barsAt, restsAt, rows, symbols } from './block'
import { BAR_BYTES } from './layout'

/** Symbol n's bar of a row, for exits and participation: a symbol's bars lie side by side, those of a row not a power of two apart. */
// @ts-expect-error: decorator
@inline
export function barOf(row: i32, n: usize): usize {
  return barsAt + (n * <usize>(rows | 1) + <usize>row) * BAR_BYTES
}

/** And what its prices reach from there to the end of the block. */
// @ts-expect-error: decorator
@inline
export function restOf(row: i32, n: usize): usize {
  return barOf(row, n) + (restsAt - barsAt)
}

/** Bars symbol n had closed before a row, and with it. */
// @ts-expect-error: decorator
@inline
export function barsBefore(row: i32, n: usize): v128 {
  return v128.load64_splat(barCountsAt + ((<usize>(row * symbols) + n) << 3))
}

// @ts-expect-error: decorator
@inline
export function barsUpTo(row: i32, n: usize): v128 {
  return barsBefore(row + 1, n)
}
