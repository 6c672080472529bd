import type { Command } from 'commander'
import type { MillraceError } from '../base/errors.ts'
import { portfolioCount } from '../experiment/portfolios.ts'
import type { RunRecord } from '../stages/run-record.ts'
import { formatCount, formatDuration, NONE, plural } from './figures.ts'
import type { GlobalOptions } from './invocation.ts'
import { print, printJson } from './output.ts'
import { formatProblem } from './report-error.ts'
import { formatTable } from './table.ts'
import { openWorkspace, soundRecord } from './workspace.ts'

export function runsCommand(command: Command): void {
  command.action((_: unknown, called: Command) => runs(called.optsWithGlobals<GlobalOptions>()))
}

interface RunLine {
  readonly run: string
  readonly name: string
  readonly driver: RunRecord['driver']
  readonly status: RunRecord['status']
  readonly portfolios: number
  readonly failures: number
  readonly startedAt: string
  readonly finishedAt?: string
  readonly experimentFile: string
  readonly error?: RunRecord['error']
}

function runs(options: GlobalOptions): void {
  const { runs: all } = openWorkspace(options)
  const damaged: MillraceError[] = []
  const lines = all.ids().flatMap((run): RunLine[] => {
    const record = soundRecord(all, run, (error) => damaged.push(error))
    if (record === undefined) return []
    const { name, driver, status, experiment, failures, startedAt, finishedAt, experimentFile, error } = record
    return [{ run, name, driver, status, portfolios: portfolioCount(experiment), failures: failures.length, startedAt, finishedAt, experimentFile, error }]
  })
  if (options.json === true) printJson({ runs: lines, damaged: damaged.flatMap(({ problems }) => problems) })
  else print([...formatRuns(lines), ...damaged.flatMap(({ problems }) => ['', ...problems.map(formatProblem)])])
}

function formatRuns(lines: readonly RunLine[]): string[] {
  if (lines.length === 0) return ['no run yet: millrace run EXPERIMENT makes the first']
  const right = { align: 'right' } as const
  const columns = [
    { name: 'run' }, { name: 'started (UTC)' }, { name: 'took', ...right }, { name: 'status' }, { name: 'driver' },
    { name: 'portfolios', ...right }, { name: 'experiment' }, { name: '' },
  ]
  return formatTable(columns, lines.map((line) => [
    line.run,
    line.startedAt.slice(0, 19).replace('T', ' '),
    line.finishedAt === undefined ? NONE : formatDuration(Date.parse(line.finishedAt) - Date.parse(line.startedAt)),
    line.status,
    line.driver,
    formatCount(line.portfolios),
    line.name,
    line.error?.problems[0].message ?? (line.failures > 0 ? `${plural(line.failures, 'result')} failed` : ''),
  ]))
}
