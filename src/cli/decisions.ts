import type { Command } from 'commander'
import type { OpenedRun } from '../analysis/opened-run.ts'
import { tableNames } from '../analysis/panel-tables.ts'
import { addPanelOptions } from './panel-values.ts'

export function decisionsCommand(command: Command): void {
  addPanelOptions(command, { table: 'decisions', list: listDecisions })
}

function listDecisions(run: OpenedRun) {
  const rows = tableNames(run, 'decisions').map((name) => {
    const model = run.experiment.riskModels.find((candidate) => name.endsWith(`/${candidate.name}`))
    return [name, model?.use ?? '', run.artefacts.decisions[name].fields.join(' '), (run.artefacts.inputs[name] ?? []).join(' ')]
  })
  return { columns: ['pattern/model', 'how', 'decides', 'from'], rows }
}
