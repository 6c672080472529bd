import type { Command } from 'commander'
import type { OpenedRun } from '../analysis/opened-run.ts'
import { tableNames } from '../analysis/panel-tables.ts'
import { strategyInstances } from '../experiment/signals.ts'
import { addPanelOptions } from './panel-values.ts'

export function signalsCommand(command: Command): void {
  addPanelOptions(command, { table: 'signals', list: listSignals })
}

function listSignals(run: OpenedRun) {
  const instances = new Map(Array.from(strategyInstances(run.experiment), (instance) => [instance.id, instance]))
  const ensembles = new Map(run.experiment.ensembles.map((ensemble) => [ensemble.name, ensemble]))
  const rows = tableNames(run, 'signals').map((name) => {
    const instance = instances.get(name)
    const ensemble = ensembles.get(name)
    const features = (run.artefacts.inputs[name] ?? []).join(' ')
    if (instance !== undefined) return [name, 'strategy', instance.use, features]
    if (ensemble !== undefined) return [name, 'ensemble', ensemble.method, `${ensemble.members.length} signals`]
    return [name, 'model', 'onnx', features]
  })
  return { columns: ['signal', 'made by', 'how', 'from'], rows }
}
