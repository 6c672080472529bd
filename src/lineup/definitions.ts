import { MillraceError } from '../base/errors.ts'
import { loadModule } from '../experiment/modules.ts'
import type { StepOrigin } from '../experiment/experiment.ts'
import { riskModels } from '../risk/registry.ts'
import type { RiskModelDefinition } from '../risk/risk-model.ts'
import { strategies } from '../strategies/registry.ts'
import type { StrategyDefinition } from '../strategies/strategy.ts'

/** Names a definition: a built-in by name, or the default export of a user's own file. */
export type DefinitionName = Pick<StepOrigin, 'use' | 'file'>

export function strategyDefinition(name: DefinitionName): Promise<StrategyDefinition> {
  return define(name, strategies)
}

export function riskModelDefinition(name: DefinitionName): Promise<RiskModelDefinition> {
  return define(name, riskModels)
}

async function define<D>(name: DefinitionName, builtIn: Readonly<Record<string, { definition: D }>>): Promise<D> {
  if (name.file !== undefined) return (await loadModule(name.file)).exports.default as D
  const entry = builtIn[name.use]
  if (entry !== undefined) return entry.definition
  throw new MillraceError({ code: 'CONFIG_VALUE', message: `nothing is called ${name.use}`, value: name.use })
}
