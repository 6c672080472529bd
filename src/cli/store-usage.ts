import type { Command } from 'commander'
import { formatBytes, formatCount, plural } from './figures.ts'
import type { GlobalOptions } from './invocation.ts'
import { print, printJson } from './output.ts'
import { formatTable } from './table.ts'
import { openWorkspace } from './workspace.ts'

export function storeUsageCommand(command: Command): void {
  command.action((_: unknown, called: Command) => usage(called.optsWithGlobals<GlobalOptions>()))
}

function usage(options: GlobalOptions): void {
  const { store, runs } = openWorkspace(options)
  const kinds = [...store.usage()].map(([kind, { artefacts, bytes }]) => ({ kind, artefacts, bytes })).toSorted((a, b) => b.bytes - a.bytes)
  const artefacts = kinds.reduce((sum, entry) => sum + entry.artefacts, 0)
  const bytes = kinds.reduce((sum, entry) => sum + entry.bytes, 0)
  const runCount = runs.ids().length
  if (options.json === true) {
    printJson({ store: store.root, runs: runCount, artefacts, bytes, kinds })
    return
  }
  const right = { align: 'right' } as const
  const rows = [...kinds, { kind: 'in all', artefacts, bytes }]
  print([
    `${store.root}: ${plural(runCount, 'run')}`,
    '',
    ...formatTable(
      [{ name: 'kind' }, { name: 'artefacts', ...right }, { name: 'size', ...right }],
      rows.map((entry) => [entry.kind, formatCount(entry.artefacts), formatBytes(entry.bytes)]),
    ),
  ])
}
