/** Rows of a block: as few as a vector kernel is still fast with, and as many as gain anything. */
export const LEAST_BLOCK_ROWS = 16
export const MOST_BLOCK_ROWS = 256

/** What of a core's second cache (1 to 2 MiB) the inputs of a block may take. */
export const BLOCK_CACHE_BYTES = 2 ** 20
/** Prices, volumes and limits of a symbol in a row, as kernels lay them out. */
const PRICE_BYTES = 80
const FLOAT32_BYTES = 4

export interface BlockInputCounts {
  readonly symbols: number
  /** Distinct signals of the batch. */
  readonly signals: number
}

/** What kernels read of a row, in bytes. */
export function blockRowBytes({ symbols, signals }: BlockInputCounts): number {
  return symbols * (signals * FLOAT32_BYTES + PRICE_BYTES)
}

/**
 * Rows of a kernel's block, a power of two in 16..256: as many as a core's cache holds of their signals and prices,
 * which stay there while the portfolios of a batch go through.
 */
export function blockRows(of: BlockInputCounts): number {
  const bytesPerRow = blockRowBytes(of)
  let rows = MOST_BLOCK_ROWS
  while (rows > LEAST_BLOCK_ROWS && rows * bytesPerRow > BLOCK_CACHE_BYTES) rows /= 2
  return rows
}
