import type { DuckDBVector } from '@duckdb/node-api'

export type VectorItems = Float64Array | Float32Array | Int32Array | BigInt64Array

/**
 * The typed array behind a DuckDB vector of a fixed-width type: setting it whole is ten times faster than
 * item by item. The library keeps it private, hence the look from outside, and the check.
 */
export function itemsOf(vector: DuckDBVector): VectorItems | undefined {
  const items: unknown = Reflect.get(vector, 'items')
  const known = items instanceof Float64Array || items instanceof Float32Array || items instanceof Int32Array || items instanceof BigInt64Array
  return known ? items : undefined
}
