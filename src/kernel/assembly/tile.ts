import { isLong, keepsCombined, padded, rows, symbols } from './block'
import { TILE_HEAD_BYTES } from './layout'

/** 1 + 1e-6 in float32. */
export const GROSS_SLACK: f32 = 1.0 + 1e-6
/** Below this share of a gross limit, what the targets lead to is below it too, however sums are rounded. */
export const CLEARLY_BELOW: f32 = 0.9999

/**
 * Bytes of one row of a tile, whole vectors, and of a tile. A single symbol's targets fit beside what to be careful of;
 * longer cells are looked at two symbols at a time.
 */
export function tileStride(): usize {
  if (symbols == 1 && !keepsCombined) return isLong ? 32 : 16
  return 16 + (<usize>padded << (keepsCombined ? 4 : 3))
}

export function tileBytes(): usize {
  return TILE_HEAD_BYTES + <usize>rows * tileStride()
}
