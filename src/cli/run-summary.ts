import type { Leaders } from '../analysis/leaders.ts'
import type { Failure } from '../stages/observer.ts'
import type { RunRecord } from '../stages/run-record.ts'
import { formatBytes, formatCount, formatDuration, plural } from './figures.ts'
import { commandText, type GlobalOptions } from './invocation.ts'
import { formatLeaders } from './leaders-text.ts'
import { failureText } from './progress-text.ts'

const CULPRITS_SHOWN = 10

export interface FinishedRun {
  /** What workers printed, where they did. */
  readonly workersLog: string | undefined
  readonly id: string
  readonly record: RunRecord
  readonly leaders: Leaders
  /** An order of the best portfolio. */
  readonly order: string | undefined
}

/** What a run made, what is best in it, what failed, and what to do next. */
export function formatSummary(run: FinishedRun, options: GlobalOptions): string[] {
  const { record } = run
  const wallMs = Date.parse(record.finishedAt ?? record.startedAt) - Date.parse(record.startedAt)
  const portfolios = run.leaders.total
  return [
    `${record.name}: ${plural(portfolios, 'portfolio')} in ${formatDuration(wallMs)}, run ${run.id}`,
    `  ${madeText(record)}`,
    ...lockstepLines(record),
    ...idleLines(run.leaders),
    '',
    ...(portfolios === 0
      ? ['no portfolio was finished']
      : [`best by sharpe, profile ${record.experiment.profile.name}`, ...formatLeaders(run.leaders, 'sharpe').map((line) => `  ${line}`)]),
    ...failureLines(record.failures, run.workersLog),
    '',
    'next',
    ...nextCommands(run, options).map((line) => `  ${line}`),
  ]
}

function madeText(record: RunRecord): string {
  const made = record.timings.reduce((sum, timing) => sum + timing.made, 0)
  const reused = record.timings.reduce((sum, timing) => sum + timing.cached, 0)
  const peak = Math.max(0, ...record.timings.map((timing) => timing.peakMemoryBytes))
  const what = record.driver === 'lockstep' ? `turned ${plural(record.lockstep?.bars ?? 0, 'bar')}` : `made ${formatCount(made)} of ${formatCount(made + reused)} results, reused ${formatCount(reused)}`
  return peak > 0 ? `${what}; at most ${formatBytes(peak)} of memory` : what
}

function lockstepLines({ lockstep, experiment }: RunRecord): string[] {
  if (lockstep === undefined) return []
  const flips = lockstep.compared === 0 ? '' : `, ${formatCount(lockstep.flips)} of ${formatCount(lockstep.compared)} predictions differ from the stored ones`
  const compared = lockstep.staged === 0
    ? 'no staged results are stored to compare with'
    : `${formatCount(lockstep.identical)} of ${formatCount(lockstep.staged)} portfolios equal their staged results bit for bit`
  return [...(experiment.models.length === 0 ? [] : [`  ${lockstep.predictions} predictions${flips}`]), `  ${compared}`]
}

/** Without a word, portfolios that never trade look as if they were merely flat. */
function idleLines({ idle: { portfolios, withoutOpinion } }: Leaders): string[] {
  if (portfolios === 0) return []
  const reason = `none of ${withoutOpinion === 1 ? 'its' : 'their'} signals ever had an opinion`
  const why = withoutOpinion === portfolios ? `: ${reason}` : `, ${formatCount(withoutOpinion)} of them because ${reason}`
  return [`  ${plural(portfolios, 'portfolio')} never traded${withoutOpinion === 0 ? '' : why}`]
}

function failureLines(failures: readonly Failure[], workersLog: string | undefined): string[] {
  if (failures.length === 0) return []
  const culprits = failures.filter((failure) => failure.because === undefined)
  const blocked = new Map<string, number>()
  for (const { because } of failures) if (because !== undefined) blocked.set(because, (blocked.get(because) ?? 0) + 1)
  const lines = culprits.slice(0, CULPRITS_SHOWN).flatMap((failure) => {
    const followers = blocked.get(failure.label) ?? 0
    return [failureText(failure), ...(followers > 0 ? [`    and with it ${plural(followers, 'result')} that needed it`] : [])]
  })
  const more = culprits.length - CULPRITS_SHOWN
  return [
    '', ...lines,
    ...(more > 0 ? [`… and ${formatCount(more)} more; --json names all of them`] : []),
    ...(workersLog === undefined ? [] : [`what workers printed: ${workersLog}`]),
  ]
}

/** Commands that are worth typing after a run, ready to be copied: of a run that finished nothing there is nothing to ask. */
export function nextCommands({ leaders, order, record }: Pick<FinishedRun, 'leaders' | 'order' | 'record'>, options: GlobalOptions): string[] {
  if (leaders.total === 0) return [`${commandText(['run', record.experimentFile], options)}    # once that is corrected: what is stored is not made again`]
  const best = leaders.rows[0]?.portfolio
  const windows = record.artefacts?.windows ?? []
  return [
    `${commandText(['top', 'latest', '--by', 'sortino'], options)}    # rank by any metric`,
    ...(leaders.idle.portfolios === 0 ? [] : [`${commandText(['top', 'latest', '--where', 'fills = 0'], options)}    # those that never traded`]),
    ...(order === undefined ? [] : [`${commandText(['explain', 'latest', order], options)}    # an order of the best, from feature to fill`]),
    ...(order === undefined ? [] : [`${commandText(['replay', 'latest', String(best)], options)}    # all of its orders`]),
    ...(windows.length === 0 ? [] : [`${commandText(['sql', 'latest', 'select * from windows'], options)}    # what each window selected`]),
    `${commandText(['sql', 'latest', 'select groupName, avg(sharpe) from metrics group by 1'], options)}`,
  ]
}
