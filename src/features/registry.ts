import type { FeatureDefinition } from './feature.ts'
import { smaDefinition } from './sma.ts'

/** A definition and the file it is written in. */
export interface RegisteredFeature {
  readonly definition: FeatureDefinition
  /** Path under src/ (or absolute, for a user's own), from which the code's hash is taken. */
  readonly source: string
}

/** Features by name. A user's own is one more entry: `new Map([...FEATURES, [name, { definition, source }]])`. */
export type FeatureRegistry = ReadonlyMap<string, RegisteredFeature>

const BUILT_IN: readonly RegisteredFeature[] = [
  { definition: smaDefinition, source: 'features/sma.ts' },
]

export const FEATURES: FeatureRegistry = new Map(BUILT_IN.map((entry) => [entry.definition.name, entry]))
