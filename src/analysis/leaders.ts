import { MillraceError } from '../base/errors.ts'
import { METRIC_FIELDS, type MetricField } from '../domain/metrics.ts'
import { nameHint } from '../experiment/names.ts'
import { METRICS_FILE } from '../stages/metrics-ledger.ts'
import { openSql, type SqlValue } from '../store/sql-session.ts'
import type { OpenedRun } from './opened-run.ts'

export interface Ranking {
  readonly by: MetricField
  readonly count: number
  readonly ascending?: boolean
  /** An SQL condition over the metrics: `trades > 20 and maxDrawdown < 0.2`. */
  readonly where?: string
}

export interface Leaders {
  /** Portfolios that fulfil the condition, ranked or not. */
  readonly total: number
  /** The metrics ledger's rows, best first; portfolios whose figure is not defined come last. */
  readonly rows: readonly Readonly<Record<string, SqlValue>>[]
}

/** @throws MillraceError USAGE with the nearest metric */
export function metricNamed(name: string): MetricField {
  const field = METRIC_FIELDS.find((candidate) => candidate === name)
  if (field !== undefined) return field
  throw new MillraceError({ code: 'USAGE', message: 'no metric is called that', value: name, hint: nameHint(name, METRIC_FIELDS) })
}

/**
 * Ranks a run's portfolios by a metric.
 * @throws MillraceError SQL_INVALID for a condition that is none
 */
export async function rankPortfolios(run: OpenedRun, ranking: Ranking): Promise<Leaders> {
  const session = await openSql({ views: { metrics: [run.store.file(run.artefacts.metrics, METRICS_FILE)] } })
  try {
    const condition = ranking.where ?? 'true'
    // Alone first, so that what is no condition of its own is named as such and not as part of a longer query.
    const counted = await session.query(`SELECT count(*) FROM metrics WHERE (\n${condition}\n)`)
    const figure = `"${ranking.by}"`
    const direction = ranking.ascending === true ? 'ASC' : 'DESC'
    const { columns, rows } = await session.query(
      `SELECT * FROM metrics WHERE (\n${condition}\n) ORDER BY isnan(${figure}), ${figure} ${direction}, ordinal LIMIT ${ranking.count}`,
    )
    return {
      total: Number(counted.rows[0][0]),
      rows: rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]]))),
    }
  } finally {
    session.close()
  }
}
