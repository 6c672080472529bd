import { join } from 'node:path'
import type { Recorder } from '../kernel/kernel.ts'
import { recordLedgers } from './ledger-recorder.ts'
import { CODED_LEDGERS, LEDGER_NAMES, ledgerDictionaries, ledgerFile, type LedgerSubjects } from './ledger-rows.ts'

/** The ledgers of a batch on their way into files. */
export interface LedgerFiles {
  readonly recorder: Recorder
  /** Writes what was recorded, a file per ledger, into a folder. Nothing can be recorded after. */
  write(folder: string): Promise<void>
  close(): void
}

/** What the ledgers of one batch may take of memory, before their rows go to a temporary folder. */
const MEMORY_LIMIT = '256MB'

/** Opens the ledgers of a batch: rows leave the process's own memory some thousands at a time. */
export async function openLedgerFiles(of: LedgerSubjects): Promise<LedgerFiles> {
  // DuckDB takes longer to load than most batches of a sweep take to store: only where it is needed.
  const { CodedLedgerWriter } = await import('../store/coded-ledgers.ts')
  const writer = await CodedLedgerWriter.open({ dictionaries: ledgerDictionaries(of), ledgers: CODED_LEDGERS }, { memoryLimit: MEMORY_LIMIT })
  const { recorder, collected } = recordLedgers(of, (ledger, rows) => writer.append(ledger, rows))
  return {
    recorder,
    write: async (folder) => {
      for (const name of LEDGER_NAMES) {
        writer.append(name, collected[name])
        await writer.write(name, join(folder, ledgerFile(name)))
      }
    },
    close: () => writer.close(),
  }
}
