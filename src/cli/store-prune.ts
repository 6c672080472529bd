import type { Command } from 'commander'
import { systemClock } from '../base/clock.ts'
import { lockRuns } from '../store/run-lock.ts'
import { formatBytes, plural } from './figures.ts'
import { commandText, type GlobalOptions } from './invocation.ts'
import { positiveCount } from './option-values.ts'
import { print, printJson } from './output.ts'
import { openWorkspace } from './workspace.ts'

interface PruneOptions extends GlobalOptions {
  readonly keep: number
  readonly dryRun?: boolean
}

export function storePruneCommand(command: Command): void {
  command
    .option('--keep <runs>', 'newest runs whose results stay', positiveCount, 10)
    .option('--dry-run', 'only say what would go')
    .addHelpText('after', '\nThe records of older runs stay in the list; running their experiments again makes their results again.\nTables converted for sql go too: the next query converts them again.')
    .action((_: unknown, called: Command) => prune(called.optsWithGlobals<PruneOptions>()))
}

function prune(options: PruneOptions): void {
  const { store, runs } = openWorkspace(options)
  const kept = runs.ids().slice(0, options.keep)
  const dryRun = options.dryRun === true
  const lock = dryRun ? undefined : lockRuns(store.root, { clock: systemClock })
  try {
    const removed = store.prune(new Set(kept.flatMap((id) => [...runs.addressesIn(id)])), { dryRun })
    if (options.json === true) printJson({ store: store.root, kept, dryRun, ...removed })
    else {
      const what = `${plural(removed.artefacts, 'artefact')} (${formatBytes(removed.bytes)})`
      const runsKept = `what the newest ${kept.length === 1 ? 'run names' : `${kept.length} runs name`} stays`
      print(dryRun
        ? [`would remove ${what}; ${runsKept}`, `do it: ${commandText(['store', 'prune', '--keep', String(options.keep)], options)}`]
        : `removed ${what}; ${runsKept}`)
    }
  } finally {
    lock?.release()
  }
}
