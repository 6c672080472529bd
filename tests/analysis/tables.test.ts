import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { metricNamed, rankPortfolios } from '../../src/analysis/leaders.ts'
import { chooseNames, PANEL_TABLES, tableNames, tableParts } from '../../src/analysis/panel-tables.ts'
import { ledgerViews, longTableViews, LONG_TABLES, tablesIn } from '../../src/analysis/sql-views.ts'
import { replayPortfolio } from '../../src/analysis/replay.ts'
import type { OpenedRun } from '../../src/analysis/opened-run.ts'
import { MillraceError } from '../../src/base/errors.ts'
import { computeMetrics } from '../../src/domain/metrics.ts'
import { portfolioCount, portfolioLabelAt } from '../../src/experiment/portfolios.ts'
import { readMarket } from '../../src/stages/market-artefact.ts'
import { openSql, type SqlValue } from '../../src/store/sql-session.ts'
import { runInline, SMALL, type InlineRun } from './inline-run.ts'

let first: InlineRun
let second: InlineRun

/** The second run has another `guarded` under the same id, in a batch beside the first run's. */
beforeAll(async () => {
  first = await runInline({ ...SMALL, record: 'all' })
  const portfolios = SMALL.portfolios.map((portfolio) => (portfolio.name === 'guarded' ? { ...portfolio, cash: 50_000 } : portfolio))
  second = await runInline({ ...SMALL, record: 'all', portfolios }, first)
}, 60_000)
afterAll(() => {
  first.remove()
  second.remove()
})

async function ask(run: OpenedRun, query: string): Promise<readonly (readonly SqlValue[])[]> {
  const views = { ...ledgerViews(run), ...(await longTableViews(run, tablesIn(query), () => undefined)) }
  const session = await openSql({ views, nanIsNull: true })
  try {
    return (await session.query(query)).rows
  } finally {
    session.close()
  }
}

describe('long tables', () => {
  it('hold every value of the panels they are made of, NaN as NULL', async () => {
    const { opened } = first
    const market = readMarket(opened.store, opened.artefacts.market)
    let values = 0
    for (const table of PANEL_TABLES) {
      const names = tableNames(opened, table)
      if (names.length === 0) continue
      const [label] = Object.keys(tableParts(opened, table, { names })[0].columns[0].labels)
      const name = names[names.length - 1]
      const rows = await ask(opened, `select epoch_ms("closeTime"), symbol, value from ${table} where "${label}" = '${name}' order by all`)
      const expected: [number, string, number | null][] = []
      for (const part of tableParts(opened, table, { names: [name] })) {
        const panel = opened.store.panel(part.artefact, part.file)
        for (let t = 0; t < opened.artefacts.rows; t++) {
          const row = panel.read(t, t + 1)
          for (const { column, labels } of part.columns) expected.push([market.timeline.closeTimes[t], labels.symbol, Number.isNaN(row[column]) ? null : row[column]])
        }
        panel.close()
      }
      values += rows.length
      expect(sorted(rows)).toEqual(sorted(expected))
    }
    console.log(`tables: ${values} values compared`)
    expect(values).toBeGreaterThan(2500)
  })

  it('are converted once, and shared by runs that share panels', async () => {
    const converted: string[] = []
    await longTableViews(second.opened, LONG_TABLES, (table) => converted.push(table))
    converted.length = 0
    await longTableViews(second.opened, LONG_TABLES, (table) => converted.push(table))
    await longTableViews(first.opened, LONG_TABLES, (table) => converted.push(table))
    expect(converted).toEqual([])
  })

  it('have a row per bar of the market', async () => {
    const { opened } = first
    const market = readMarket(opened.store, opened.artefacts.market)
    const [[count, sum]] = await ask(opened, 'select count(*), sum(close) from market')
    const closes = [...market.close].filter((close) => !Number.isNaN(close))
    expect(count).toBe(closes.length)
    expect(Number(sum)).toBeCloseTo(closes.reduce((total, close) => total + close, 0), 6)
  })

  it('are noticed in a query by name only', () => {
    expect(tablesIn('select * from SIGNALS join market using (symbol)')).toEqual(['signals', 'market'])
    expect(tablesIn('select signal, marketing from metrics')).toEqual([])
  })
})

function sorted<T>(rows: readonly T[]): string[] {
  return rows.map((row) => JSON.stringify(row)).toSorted()
}

describe('ledgers', () => {
  it('are those of the run’s own portfolios, also where a batch holds an earlier one of the same name', async () => {
    expect(Object.values(second.opened.artefacts.strangers).flat()).toEqual(['guarded'])
    for (const { opened } of [first, second]) {
      for (const id of ['guarded', 'held']) {
        const { orderKey } = replayPortfolio(opened, id).rows.ledgers.fills
        const rows = await ask(opened, `select "orderKey" from fills where portfolio = '${id}' order by sequence`)
        expect(rows.map(([key]) => key)).toEqual(orderKey)
      }
    }
    const equity = (run: OpenedRun) => ask(run, `select equity from equity where portfolio = 'guarded' order by time limit 1`)
    expect(await equity(first.opened)).toEqual([[100_000]])
    expect(await equity(second.opened)).toEqual([[50_000]])
  })

  it('replay the run’s own results, too', () => {
    expect(replayPortfolio(first.opened, 'guarded').identical).toBe(true)
    expect(replayPortfolio(second.opened, 'guarded').identical).toBe(true)
  })
})

describe('names', () => {
  it('are chosen by themselves, by wildcard and by group, in the order of the run', () => {
    const { opened } = first
    expect(chooseNames(opened, 'signals', ['trend'])).toEqual(tableNames(opened, 'signals').filter((name) => name.startsWith('trend[')))
    expect(chooseNames(opened, 'signals', ['trend', 'pa?r', 'trend*'])).toHaveLength(3)
    expect(chooseNames(opened, 'decisions', ['default', '*/minvar'])).toEqual(expect.arrayContaining(['default/var', 'default/limits', 'optimised/minvar']))
    expect(chooseNames(opened, 'features', ['sma(close,5)'])).toEqual(['sma(close,5)'])
    expect(() => chooseNames(opened, 'signals', ['trnd'])).toThrow(MillraceError)
  })
})

describe('ranking', () => {
  it('is by the metrics of the replayed portfolios, undefined figures last', async () => {
    const { opened } = first
    const metrics = Array.from({ length: portfolioCount(opened.experiment) }, (_, index) => {
      const portfolio = portfolioLabelAt(opened.experiment, index).id
      return { portfolio, index, ...computeMetrics(replayPortfolio(opened, portfolio).performance, opened.experiment.profile) }
    })
    for (const by of ['sharpe', 'maxDrawdown', 'profitFactor'] as const) {
      const { rows, total } = await rankPortfolios(opened, { by, count: 100, ascending: by === 'maxDrawdown' })
      const sign = by === 'maxDrawdown' ? 1 : -1
      const key = (value: number) => (Number.isNaN(value) ? Infinity : sign * value)
      const expected = metrics.toSorted((a, b) => (key(a[by]) === key(b[by]) ? a.index - b.index : key(a[by]) - key(b[by])))
      expect(rows.map((row) => row.portfolio)).toEqual(expected.map(({ portfolio }) => portfolio))
      expect(rows.map((row) => row[by] ?? NaN)).toEqual(expected.map((row) => row[by]))
      expect(total).toBe(metrics.length)
    }
  })

  it('takes a condition, in which no value is not a large one', async () => {
    const { rows, total } = await rankPortfolios(first.opened, { by: 'sharpe', count: 2, where: "groupName = 'single' and sharpe > -100" })
    expect(total).toBe(8)
    expect(rows).toHaveLength(2)
    expect(rows.every((row) => row.groupName === 'single')).toBe(true)
  })

  it.each(['1; select 2', '1=1) union select 1 from metrics where (1=1', 'nonsense > 1', 'sharpe >', "(select count(*) from read_csv('/etc/hosts')) > 0"])('refuses %s', async (where) => {
    await expect(rankPortfolios(first.opened, { by: 'sharpe', count: 1, where })).rejects.toMatchObject({ code: 'SQL_INVALID', value: where })
  })

  it('names the nearest metric', () => {
    expect(metricNamed('sortino')).toBe('sortino')
    expect(() => metricNamed('sharp')).toThrow(expect.objectContaining({ code: 'USAGE', hint: expect.stringContaining('`sharpe`') as string }) as Error)
  })
})
