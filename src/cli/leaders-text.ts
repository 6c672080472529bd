import type { MetricField } from '../domain/metrics.ts'
import type { Leaders } from '../analysis/leaders.ts'
import { formatMetric } from './figures.ts'
import { formatTable } from './table.ts'

const HEADINGS: Partial<Record<MetricField, string>> = {
  annualReturn: 'return/year', annualVolatility: 'volatility', maxDrawdown: 'drawdown', turnover: 'turnover/year', finalEquity: 'final equity',
}
const SHOWN: readonly MetricField[] = ['sharpe', 'annualReturn', 'annualVolatility', 'maxDrawdown', 'turnover', 'trades', 'finalEquity']

/** A ranked table: the metric it is ranked by first, the portfolio's name, which may be long, last. */
export function formatLeaders(leaders: Leaders, by: MetricField): string[] {
  const fields = [by, ...SHOWN.filter((field) => field !== by)]
  const columns = [
    { name: '#', align: 'right' } as const,
    ...fields.map((field) => ({ name: HEADINGS[field] ?? field, align: 'right' }) as const),
    { name: 'portfolio' },
  ]
  return formatTable(columns, leaders.rows.map((row, index) => [
    String(index + 1), ...fields.map((field) => formatMetric(field, row[field])), String(row.portfolio),
  ]))
}
