import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { DuckDBConnection } from '@duckdb/node-api'
import { removeLeftovers, temporaryName } from './temporary-names.ts'

/** What DuckDB may take; by itself it would take every core and 80 % of the memory, in each process. */
export interface EngineLimits {
  /** As DuckDB spells it: `512MB`, `2GB`. Default 1GB; what doesn't fit goes to a temporary folder. */
  readonly memoryLimit?: string
  /** Default 1, which also keeps row order and file bytes the same. */
  readonly threads?: number
}

export interface Engine {
  readonly connection: DuckDBConnection
  close(): void
}

/** An in-memory DuckDB that downloads nothing. */
export async function openEngine(limits: EngineLimits = {}): Promise<Engine> {
  const spills = join(tmpdir(), 'millrace-spill')
  removeLeftovers(spills)
  mkdirSync(spills, { recursive: true })
  const spill = join(spills, temporaryName())
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(limits.threads ?? 1),
    memory_limit: limits.memoryLimit ?? '1GB',
    temp_directory: spill,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const connection = await instance.connect()
  return {
    connection,
    close() {
      connection.closeSync()
      instance.closeSync()
      rmSync(spill, { recursive: true, force: true })
    },
  }
}

/** How COPY writes a file: zstd Parquet, or CSV with ISO 8601 times in UTC. */
export const COPY_FORMATS = {
  parquet: 'FORMAT parquet, COMPRESSION zstd',
  csv: "FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%gZ'",
} as const

export type CopyFormat = keyof typeof COPY_FORMATS

/** A text as an SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A name as an SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A table function over Parquet files, in the order given. */
export function parquetFiles(paths: readonly string[]): string {
  return `read_parquet([${paths.map(literal).join(', ')}])`
}
