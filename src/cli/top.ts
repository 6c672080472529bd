import type { Command } from 'commander'
import { metricNamed, rankPortfolios } from '../analysis/leaders.ts'
import { METRIC_FIELDS, METRIC_UNITS } from '../domain/metrics.ts'
import { formatCount, plural } from './figures.ts'
import { commandText, type GlobalOptions } from './invocation.ts'
import { formatLeaders } from './leaders-text.ts'
import { positiveCount } from './option-values.ts'
import { print, printJson } from './output.ts'
import { openNamedRun } from './workspace.ts'

interface TopOptions extends GlobalOptions {
  readonly by: string
  readonly count: number
  readonly ascending?: boolean
  readonly where?: string
}

export function topCommand(command: Command): void {
  command
    .option('--by <metric>', 'metric to rank by', 'sharpe')
    .option('--count <portfolios>', 'how many', positiveCount, 20)
    .option('--ascending', 'smallest first: for drawdown, volatility, turnover')
    .option('--where <condition>', 'SQL condition over the metrics: "trades > 20 and maxDrawdown < 0.2"')
    .addHelpText('after', `\nMetrics: ${METRIC_FIELDS.join(', ')}.\nA condition may also use the columns portfolio, groupName, signal, containerId and those of the grids (exits_stopLoss).`)
    .action(async (reference: string, _: unknown, called: Command) => top(reference, called.optsWithGlobals<TopOptions>()))
}

async function top(reference: string, options: TopOptions): Promise<void> {
  const by = metricNamed(options.by)
  const run = openNamedRun(reference, options)
  const leaders = await rankPortfolios(run, { ...options, by })
  const { profile } = run.experiment
  if (options.json === true) {
    printJson({ run: run.id, by, unit: METRIC_UNITS[by], profile, ...leaders })
    return
  }
  if (leaders.total === 0) {
    print(options.where === undefined ? `no portfolio of run ${run.id} was finished` : 'no portfolio fulfils that')
    return
  }
  print([
    `${run.record.name}, run ${run.id}: ${formatCount(leaders.rows.length)} of ${plural(leaders.total, 'portfolio')} by ${by}${options.ascending === true ? ', smallest first' : ''}, profile ${profile.name}`,
    '',
    ...formatLeaders(leaders, by),
    '',
    `${commandText(['replay', run.id, String(leaders.rows[0].portfolio)], options)}    # the orders of the first`,
  ])
}
