import { describe, expect, it } from 'vitest'
import { riskModels } from '../../src/risk/registry.ts'
import { riskContract } from '../contracts/risk-contract.ts'

/** Parameters the contract is shown with: short windows, so that 60 bars are enough to decide. */
const EXAMPLES: Readonly<Record<string, readonly unknown[]>> = {
  limits: [{ cap: 0.1, gross: 1.5 }, { maxVolatility: 0.015, window: 5 }],
  'minimum-variance': [{ window: 12, everyBars: 5 }, { window: 20, everyBars: 1, maxWeight: 0.4, shrinkage: 'identity' }],
  'var-limit': [{ limit: 0.002, window: 5 }, { limit: 0.004, confidence: 0.95, horizonBars: 10, window: 10 }],
}

for (const [name, model] of Object.entries(riskModels)) riskContract(model, EXAMPLES[name])

describe('the registry of risk models', () => {
  it('keeps every model under its own name, with the file it is written in', () => {
    for (const [name, { definition, source }] of Object.entries(riskModels)) {
      expect(definition.name).toBe(name)
      expect(source).toBe(`risk/${name}.ts`)
    }
  })
})
