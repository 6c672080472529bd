import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { z } from 'zod'
import { systemClock } from '../../src/base/clock.ts'
import { MillraceError } from '../../src/base/errors.ts'
import type { MarketPanels } from '../../src/domain/market-panels.ts'
import { csvSettings } from '../../src/market/csv-settings.ts'
import type { CsvSettings } from '../../src/market/csv-settings.ts'
import { csvSource } from '../../src/market/csv.ts'
import type { SourceContext } from '../../src/market/source.ts'

export const TEST_DATA = process.env.MILLRACE_TEST_DATA

/** Settings as a user writes them, the files being all of the folder unless said otherwise. */
export type StatedSettings = Partial<z.input<typeof csvSettings>>

export function settingsOf(stated: StatedSettings = {}): CsvSettings {
  return csvSettings.parse({ files: '.', ...stated })
}

/** Writes files into a fresh folder, hands its context to `use`, and removes it. */
export async function withFiles<T>(files: Readonly<Record<string, string | Uint8Array>>, use: (context: SourceContext) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-market-'))
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
    return await use({ folder, clock: systemClock })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function loadFiles(files: Readonly<Record<string, string | Uint8Array>>, stated: StatedSettings = {}): Promise<MarketPanels> {
  return withFiles(files, (context) => csvSource.load(settingsOf(stated), context))
}

/** Loads real data below the test data folder. */
export function loadReal(stated: StatedSettings): Promise<MarketPanels> {
  return csvSource.load(settingsOf(stated), { folder: TEST_DATA ?? '', clock: systemClock })
}

/** The error that a load is refused with. */
export async function refusal(load: Promise<unknown>): Promise<MillraceError> {
  const outcome = await load.then(() => undefined, (error: unknown) => error)
  if (outcome instanceof MillraceError) return outcome
  throw outcome ?? new Error('nothing was refused')
}

export const HEADER = 'date,open,high,low,close,volume\n'
/** Two good daily bars. */
export const GOOD = `${HEADER}2020-01-02,10,11,9,10.5,100\n2020-01-03,10.5,12,10,11,200\n`

/** One column of a panel, `[t]` for symbol `n`. */
export function columnOf(market: MarketPanels, panel: Float64Array, n = 0): number[] {
  const symbols = market.instruments.length
  return Array.from({ length: market.timeline.closeTimes.length }, (_, t) => panel[t * symbols + n])
}
