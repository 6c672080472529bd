import { keepsCombined, padded, rows } from './block'
import { TILE_HEAD_BYTES, TILE_TARGETS } from './layout'

/** 1 + 1e-6 in float32. */
export const GROSS_SLACK: f32 = 1.0 + 1e-6
/** Below this share of a gross limit, what the targets lead to is below it too, however sums are rounded. */
export const CLEARLY_BELOW: f32 = 0.9999

/** Bytes of one row of a tile, and of a tile. */
export function tileStride(): usize {
  return TILE_TARGETS + (<usize>padded << (keepsCombined ? 4 : 3))
}

export function tileBytes(): usize {
  return TILE_HEAD_BYTES + <usize>rows * tileStride()
}
