import type { DuckDBVector } from '@duckdb/node-api'

const ITEM_TYPES = [Float64Array, Float32Array, Int32Array, BigInt64Array, BigUint64Array] as const

export type VectorItems = InstanceType<(typeof ITEM_TYPES)[number]>

/**
 * The typed array behind a DuckDB vector of a fixed-width type: setting it whole is ten times faster than
 * item by item. The library keeps it private, hence the look from outside, and the check.
 */
export function itemsOf(vector: DuckDBVector): VectorItems | undefined {
  const items: unknown = Reflect.get(vector, 'items')
  return ITEM_TYPES.some((type) => items instanceof type) ? (items as VectorItems) : undefined
}
