import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { addressOf } from '../../src/base/hash.ts'
import { createPerformance, PERFORMANCE_FIELDS } from '../../src/domain/performance.ts'
import { portfolioCount, portfolioLabelAt } from '../../src/experiment/portfolios.ts'
import { publishResults } from '../../src/lineup/results.ts'
import { metricsFiles, publishMetrics } from '../../src/stages/metrics-ledger.ts'
import { Places } from '../../src/stages/stage-work.ts'
import { AddressList } from '../../src/store/address-list.ts'
import { openStore } from '../../src/store/local-store.ts'
import { openSql } from '../../src/store/sql-session.ts'
import { resolveYaml, SOUND } from '../experiment/fixture.ts'
import { scratchFolder } from '../store/scratch.ts'

const store = openStore(scratchFolder('metrics'), { clock: systemClock })

/** Results of made-up portfolios: portfolio p has started with p + 1 and ended with twice as much. */
async function storeBatch(members: readonly string[], first: number): Promise<string> {
  const address = addressOf(members)
  const performance = (p: number) => ({
    ...createPerformance(new Float64Array(PERFORMANCE_FIELDS.length)), startEquity: first + p + 1, finalEquity: 2 * (first + p + 1), returns: 1, sumReturns: 1,
  })
  await publishResults(store, { kind: 'results', address, madeFrom: 'test', members, ids: members.map((_, p) => `p${first + p}`), kernel: { performance }, ledgers: undefined })
  return address
}

describe('a metrics ledger', () => {
  it('has a row for every portfolio that was made, in order, in as many files as it takes', async () => {
    const experiment = await resolveYaml(SOUND.replace('each: "trend*" }', 'each: "trend*", sample: { method: sobol, count: 4000 }, grid: { threshold: { from: 0, to: 0.1 }, trading: [rebalance, hold], "exits.stopLoss": [null, 0.1] } }'))
    const count = portfolioCount(experiment)
    const portfolios = AddressList.of(Array.from({ length: count }, (_, ordinal) => addressOf({ ordinal })))
    const places = new Places()
    for (let first = 0; first < count; first += 2_500) {
      const members = portfolios.slice(first, first + 2_500)
      const artefact = await storeBatch(members, first)
      members.forEach((_, position) => {
        if (first + position !== 7) places.of(portfolios).set(first + position, { artefact, position })
      })
    }
    const inputs = { experiment, portfolios, walkForwards: [], places, sources: { 'stages/metrics-ledger.ts': 'code' }, driver: 'staged' } as const
    const address = await publishMetrics(store, inputs)
    const files = metricsFiles(store, address)
    expect(count).toBe(24_000)
    expect(files.length).toBe(3)
    const sql = await openSql({ views: { metrics: files } })
    const [[rows, ordinals, wrong]] = (await sql.query(
      'select count(*), count(distinct ordinal), count(*) filter (startEquity <> ordinal + 1 or totalReturn <> 1) from metrics',
    )).rows
    expect([rows, ordinals, wrong]).toEqual([count - 1, count - 1, 0])
    const { columns, rows: some } = await sql.query('select * from metrics where ordinal in (6, 7, 8, 23999) order by ordinal')
    expect(columns.slice(0, 8).map(({ name, type }) => `${name} ${type}`)).toEqual([
      'portfolio VARCHAR', 'ordinal INTEGER', 'containerId VARCHAR', 'groupName VARCHAR', 'signal VARCHAR', 'threshold DOUBLE', 'trading VARCHAR', 'exits_stopLoss DOUBLE',
    ])
    expect(some.map((row) => row.slice(0, 8))).toEqual([6, 8, 23_999].map((ordinal) => {
      const { id, containerId, parameters } = portfolioLabelAt(experiment, ordinal)
      return [id, ordinal, containerId, 'singles', parameters.signal, parameters.threshold, parameters.trading, parameters['exits.stopLoss'] ?? NaN]
    }))
    sql.close()
    expect(await publishMetrics(store, inputs)).toBe(address)
    places.of(portfolios).set(7, { artefact: addressOf(portfolios.slice(0, 2_500)), position: 7 })
    expect(await publishMetrics(store, inputs)).not.toBe(address)
  }, 60_000)
})
