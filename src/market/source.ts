import type { Clock } from '../base/clock.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import type { MarketStretches } from './stretches.ts'

/**
 * The contract of a market source: settings from the experiment file in, checked panels out. A source never
 * sorts, drops, fills or coerces: what is wrong is a MillraceError with every place it was found.
 */
export interface SourceContext {
  /** Folder that relative paths are relative to (the experiment file's). */
  readonly folder: string
  readonly clock: Clock
}

export interface MarketSource<Settings = unknown> {
  readonly name: string
  /**
   * Everything the panels depend on, without reading them all: settings plus the size and SHA-256 of each
   * file. Hashed into the market artefact's address.
   */
  identity(settings: Settings, context: SourceContext): Promise<unknown>
  load(settings: Settings, context: SourceContext): Promise<MarketPanels>
  /**
   * The same rows, for a source that can make them one after the other: nobody has to hold them all. Throws what `load` would.
   */
  stretches?(settings: Settings, context: SourceContext): MarketStretches
}
