import type { Command } from 'commander'
import type { OpenedRun } from '../analysis/opened-run.ts'
import { tableNames } from '../analysis/panel-tables.ts'
import { plural } from './figures.ts'
import { addPanelOptions } from './panel-values.ts'

export function featuresCommand(command: Command): void {
  addPanelOptions(command, { table: 'features', list: listFeatures })
}

function listFeatures(run: OpenedRun) {
  const readers = new Map<string, number>()
  for (const inputs of Object.values(run.artefacts.inputs)) for (const input of inputs) readers.set(input, (readers.get(input) ?? 0) + 1)
  const rows = tableNames(run, 'features').map((name) => {
    const steps = readers.get(name) ?? 0
    return [name, steps === 0 ? 'other features' : plural(steps, 'step')]
  })
  return { columns: ['feature', 'read by'], rows }
}
