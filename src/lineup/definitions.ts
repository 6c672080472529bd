import { MillraceError } from '../base/errors.ts'
import { loadModule } from '../experiment/modules.ts'
import type { StepOrigin } from '../experiment/experiment.ts'
import { riskModels } from '../risk/registry.ts'
import type { RiskModelDefinition } from '../risk/risk-model.ts'
import { strategies } from '../strategies/registry.ts'
import type { StrategyDefinition } from '../strategies/strategy.ts'

/** @throws MillraceError MODULE_INVALID when the user's file is no longer the one the run was planned with */
export function strategyDefinition(origin: StepOrigin): Promise<StrategyDefinition> {
  return define(origin, strategies)
}

/** @throws MillraceError MODULE_INVALID when the user's file is no longer the one the run was planned with */
export function riskModelDefinition(origin: StepOrigin): Promise<RiskModelDefinition> {
  return define(origin, riskModels)
}

async function define<D>(origin: StepOrigin, builtIn: Readonly<Record<string, { definition: D }>>): Promise<D> {
  if (origin.file === undefined) {
    const entry = builtIn[origin.use]
    if (entry === undefined) throw new Error(`nothing built in is called ${origin.use}`)
    return entry.definition
  }
  const { exports, sourceHash } = await loadModule(origin.file)
  if (sourceHash === origin.sourceHash) return exports.default as D
  throw new MillraceError({
    code: 'MODULE_INVALID',
    message: 'the file, or one it imports, was changed while the run was under way',
    where: origin.file,
    hint: 'run the experiment again; what the change does not touch is not made again',
  })
}
