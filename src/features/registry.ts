import { atrDefinition } from './atr.ts'
import { averageCorrelationDefinition } from './average-correlation.ts'
import { calendarDefinition } from './calendar.ts'
import { correlationDefinition } from './correlation.ts'
import { crossDefinition } from './cross.ts'
import { emaDefinition } from './ema.ts'
import type { FeatureDefinition } from './feature.ts'
import { lagDefinition } from './lag.ts'
import { momentumDefinition } from './momentum.ts'
import { rsiDefinition } from './rsi.ts'
import { smaDefinition } from './sma.ts'
import { spreadDefinition } from './spread.ts'
import { volatilityDefinition } from './volatility.ts'
import { zscoreDefinition } from './zscore.ts'

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
  { definition: emaDefinition, source: 'features/ema.ts' },
  { definition: rsiDefinition, source: 'features/rsi.ts' },
  { definition: atrDefinition, source: 'features/atr.ts' },
  { definition: volatilityDefinition, source: 'features/volatility.ts' },
  { definition: zscoreDefinition, source: 'features/zscore.ts' },
  { definition: momentumDefinition, source: 'features/momentum.ts' },
  { definition: lagDefinition, source: 'features/lag.ts' },
  { definition: crossDefinition, source: 'features/cross.ts' },
  { definition: calendarDefinition, source: 'features/calendar.ts' },
  { definition: spreadDefinition, source: 'features/spread.ts' },
  { definition: correlationDefinition, source: 'features/correlation.ts' },
  { definition: averageCorrelationDefinition, source: 'features/average-correlation.ts' },
]

export const FEATURES: FeatureRegistry = new Map(BUILT_IN.map((entry) => [entry.definition.name, entry]))
