import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/base/random.ts'
import { ORDER_KINDS, ORDER_OUTCOMES, orderKey, portfolioKey } from '../../src/domain/order.ts'
import type { Recorder } from '../../src/kernel/kernel.ts'
import { openLedgerFiles } from '../../src/lineup/ledger-files.ts'
import { recordLedgers } from '../../src/lineup/ledger-recorder.ts'
import { LEDGER_NAMES, ledgerDictionaries, ledgerFile, namedColumns } from '../../src/lineup/ledger-rows.ts'
import { openSql } from '../../src/store/sql-session.ts'
import { makeConfig } from '../kernel/market-fixture.ts'

const TIMES = [0, 1_402_344_000_000, 1_402_344_000_001, 1_402_430_400_250]
const SUBJECTS = {
  configs: [makeConfig({ id: 'one' }), makeConfig({ id: "o'ther", containerId: 'elsewhere' })],
  symbols: ['AAPL', 'BRK.B', 'KO'],
  closeTime: (t: number) => TIMES[t],
}

/** Tells of `count` events of every kind; more than are collected at once. */
function tell(recorder: Recorder, count: number): void {
  const random = createRandom('ledgers')
  const one = <T>(values: readonly T[]): T => values[random.integer(values.length)]
  for (let i = 0; i < count; i++) {
    const order = { portfolio: random.integer(2), symbol: random.integer(3), decidedAt: random.integer(4), kind: one(ORDER_KINDS), quantity: random.uniform() - 0.5 }
    recorder.order?.({ ...order, target: i % 3 === 0 ? NaN : random.uniform() })
    recorder.fill?.({ ...order, t: random.integer(4), leg: one(['reduce', 'increase']), price: random.uniform(), fee: i % 5 === 0 ? 0 : random.uniform() })
    recorder.cancellation?.({ ...order, t: random.integer(4), outcome: one(ORDER_OUTCOMES) })
    recorder.equity?.({ portfolio: order.portfolio, t: order.decidedAt, equity: random.uniform(), cash: -random.uniform(), grossExposure: NaN, periodReturn: 0 })
  }
}

describe('ledgers of a batch', () => {
  it('have in their files what is read of them in memory, however often rows are handed on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-ledgers-'))
    const files = await openLedgerFiles(SUBJECTS)
    const memory = recordLedgers(SUBJECTS)
    for (const recorder of [files.recorder, memory.recorder]) tell(recorder, 17_000)
    await files.write(folder)
    files.close()
    const dictionaries = ledgerDictionaries(SUBJECTS)
    for (const name of LEDGER_NAMES) {
      const columns = namedColumns(name, memory.collected[name], dictionaries)
      const sql = await openSql({ views: { ledger: [join(folder, ledgerFile(name))] } })
      const times = Object.keys(columns).filter((column) => column.toLowerCase().endsWith('time'))
      const found = await sql.query(`select * replace (${times.map((column) => `epoch_ms("${column}")::DOUBLE as "${column}"`).join(', ')}) from ledger`)
      sql.close()
      expect(found.columns.map((column) => column.name)).toEqual(Object.keys(columns))
      expect(found.rows).toHaveLength(17_000)
      const values = Object.values(columns)
      const wrong = found.rows.findIndex((row, i) => row.some((cell, column) => !Object.is(cell, values[column][i])))
      expect(wrong, `${name}: ${JSON.stringify(found.rows[wrong])}`).toBe(-1)
    }
    rmSync(folder, { recursive: true })
  })

  it('name orders by their keys, number what happens to a portfolio, and keep its order', () => {
    const { recorder, collected } = recordLedgers(SUBJECTS)
    const order = { portfolio: 1, symbol: 1, decidedAt: 3, kind: 'stop-loss', quantity: -3 } as const
    recorder.order?.({ ...order, target: NaN })
    recorder.fill?.({ ...order, t: 3, leg: 'reduce', price: 7, fee: 0.5 })
    recorder.cancellation?.({ ...order, t: 3, outcome: 'limited: participation' })
    recorder.fill?.({ ...order, portfolio: 0, t: 2, leg: 'increase', price: 8, fee: 0 })
    const dictionaries = ledgerDictionaries(SUBJECTS)
    const key = orderKey({ portfolioKey: portfolioKey(SUBJECTS.configs[1]), closeTime: TIMES[3], symbol: 'BRK.B', kind: 'stop-loss' })
    expect(namedColumns('orders', collected.orders, dictionaries)).toEqual({
      portfolio: ["o'ther"], containerId: ['elsewhere'], orderKey: [key], decidedTime: [TIMES[3]], symbol: ['BRK.B'], kind: ['stop-loss'], quantity: [-3], target: [NaN],
    })
    expect(namedColumns('fills', collected.fills, dictionaries)).toMatchObject({ sequence: [0, 0], leg: ['reduce', 'increase'], price: [7, 8], time: [TIMES[3], TIMES[2]] })
    expect(namedColumns('cancellations', collected.cancellations, dictionaries)).toMatchObject({ sequence: [1], outcome: ['limited: participation'], orderKey: [key] })
    expect(collected.equity.count).toBe(0)
  })
})
