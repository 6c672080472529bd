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

/** Features by name. A user's own are more entries: `{ ...features, range: { definition, source } }`. */
export type FeatureRegistry = Readonly<Record<string, RegisteredFeature>>

export const features: FeatureRegistry = {
  sma: { definition: smaDefinition, source: 'features/sma.ts' },
  ema: { definition: emaDefinition, source: 'features/ema.ts' },
  rsi: { definition: rsiDefinition, source: 'features/rsi.ts' },
  atr: { definition: atrDefinition, source: 'features/atr.ts' },
  volatility: { definition: volatilityDefinition, source: 'features/volatility.ts' },
  zscore: { definition: zscoreDefinition, source: 'features/zscore.ts' },
  momentum: { definition: momentumDefinition, source: 'features/momentum.ts' },
  lag: { definition: lagDefinition, source: 'features/lag.ts' },
  cross: { definition: crossDefinition, source: 'features/cross.ts' },
  calendar: { definition: calendarDefinition, source: 'features/calendar.ts' },
  spread: { definition: spreadDefinition, source: 'features/spread.ts' },
  correlation: { definition: correlationDefinition, source: 'features/correlation.ts' },
  'average-correlation': { definition: averageCorrelationDefinition, source: 'features/average-correlation.ts' },
}
