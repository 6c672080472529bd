import { MillraceError } from '../base/errors.ts'
import { METRIC_FIELDS, type MetricField } from '../domain/metrics.ts'
import { nameHint } from '../experiment/names.ts'
import { metricsFiles } from '../stages/metrics-ledger.ts'
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
  /** Of these, those that filled no order, and those of them none of whose signals ever had an opinion. */
  readonly idle: { readonly portfolios: number; readonly withoutOpinion: number }
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
  const views = { metrics: metricsFiles(run.store, run.artefacts.metrics) }
  const session = await openSql({ views, nanIsNull: true })
  const condition = ranking.where ?? 'true'
  try {
    const counted = await session.query(`SELECT count(*), count(*) FILTER (fills = 0), count(*) FILTER (fills = 0 AND signalCount = 0) FROM metrics WHERE (\n${condition}\n)`)
    const [total, portfolios, withoutOpinion] = counted.rows[0].map(Number)
    const direction = ranking.ascending === true ? 'ASC' : 'DESC'
    const { columns, rows } = await session.query(
      `SELECT * FROM metrics WHERE (\n${condition}\n) ORDER BY "${ranking.by}" ${direction} NULLS LAST, ordinal LIMIT ${ranking.count}`,
    )
    return {
      total, idle: { portfolios, withoutOpinion },
      rows: rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]]))),
    }
  } catch (error) {
    throw isInvalid(error) ? notACondition(condition, error) : error
  } finally {
    session.close()
  }
}

function isInvalid(error: unknown): error is MillraceError {
  return error instanceof MillraceError && error.code === 'SQL_INVALID'
}

function notACondition(condition: string, error: MillraceError): MillraceError {
  return new MillraceError({
    code: 'SQL_INVALID', message: error.message, value: condition,
    hint: 'one condition over the columns of the metrics, such as: trades > 20 and maxDrawdown < 0.2',
  })
}
