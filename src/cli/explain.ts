import type { Command } from 'commander'
import { explainOrder } from '../analysis/explain.ts'
import { withSignals } from '../analysis/fused-signals.ts'
import { parseOrderKey, portfolioByKey } from '../analysis/order-key.ts'
import { addressOf } from '../base/hash.ts'
import { formatExplanation } from './explanation-text.ts'
import { findInstallation } from '../experiment/installation.ts'
import type { GlobalOptions } from './invocation.ts'
import { print, printJson, tell } from './output.ts'
import { openNamedRun } from './workspace.ts'

export function explainCommand(command: Command): void {
  command
    .addHelpText('after', '\nAn order’s key stands in the ledgers and in what replay shows: 0f3a9c2b7d11.2014-06-09T20:00:00Z.AAPL.target\nNothing is estimated: the portfolio is stepped again from stored artefacts up to this order.')
    .action(async (reference: string, order: string, _: unknown, called: Command) => {
      const options = called.optsWithGlobals<GlobalOptions>()
      const named = openNamedRun(reference, options)
      const { sources } = findInstallation()
      const run = await withSignals(named, portfolioByKey(named, parseOrderKey(order)), sources)
      const explanation = explainOrder(run, order)
      if (run.record.environment.sources !== addressOf(sources)) {
        tell(`run ${run.id} was made by another version of Millrace: replay tells whether this one makes the same of it`)
      }
      if (options.json === true) printJson(explanation)
      else print(formatExplanation(explanation))
    })
}
