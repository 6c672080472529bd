import type { ZodType } from 'zod'
import type { FeatureRef } from '../features/feature.ts'
import { parseFeature } from '../features/expression.ts'
import { marketSources } from '../market/registry.ts'
import { riskModels } from '../risk/registry.ts'
import type { RiskModelDefinition } from '../risk/risk-model.ts'
import { strategies } from '../strategies/registry.ts'
import type { StrategyDefinition } from '../strategies/strategy.ts'

/** A built-in step and the file under src/ it is written in. */
export interface CatalogueEntry<D> {
  readonly definition: D
  readonly source: string
}

/** Parts of a definition the experiment file is checked against. */
export type KnownStrategy = Pick<StrategyDefinition, 'name' | 'params'>
export type KnownRiskModel = Pick<RiskModelDefinition, 'name' | 'params' | 'decides'>

/** Everything an experiment may name without bringing it along. */
export interface Catalogue {
  /** Schema of the settings of each market source. */
  readonly markets: ReadonlyMap<string, ZodType>
  readonly strategies: ReadonlyMap<string, CatalogueEntry<KnownStrategy>>
  readonly riskModels: ReadonlyMap<string, CatalogueEntry<KnownRiskModel>>
  /** @throws MillraceError, placed at `where`, for an expression that names no feature or does not fit it */
  parseFeature(expression: string, where: string): FeatureRef
}

export const builtInCatalogue: Catalogue = {
  markets: new Map(Object.entries(marketSources).map(([name, { settings }]) => [name, settings])),
  strategies: new Map(Object.entries(strategies)),
  riskModels: new Map(Object.entries(riskModels)),
  parseFeature: (expression, where) => parseFeature(expression, { where }),
}
