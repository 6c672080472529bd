import type { FeatureInput, FeatureRef } from './feature.ts'
import { referFeature } from './reference.ts'
import { smaDefinition } from './sma.ts'

export const sma = (input: FeatureInput, period: number): FeatureRef => referFeature(smaDefinition, [input], { period })
