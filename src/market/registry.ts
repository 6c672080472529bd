import type { ZodType } from 'zod'
import { csvSettings } from './csv-settings.ts'
import { csvSource } from './csv.ts'
import type { MarketSource } from './source.ts'
import { syntheticSettings } from './synthetic-settings.ts'
import { syntheticSource } from './synthetic.ts'

/** A source and the schema its settings are parsed with before `identity` or `load`. */
export interface RegisteredSource {
  readonly source: MarketSource
  readonly settings: ZodType
  /** Path under src/, from which the code's hash is taken. */
  readonly file: string
}

/** Every market source by the name an experiment's `market.source` gives. */
export const marketSources: Readonly<Record<string, RegisteredSource>> = {
  csv: { source: csvSource, settings: csvSettings, file: 'market/csv.ts' },
  synthetic: { source: syntheticSource, settings: syntheticSettings, file: 'market/synthetic.ts' },
}
