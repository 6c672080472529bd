import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { MillraceError } from '../../src/base/errors.ts'
import { createRandom } from '../../src/base/random.ts'
import { findInstallation } from '../../src/experiment/installation.ts'
import { loadExperiment } from '../../src/experiment/load.ts'
import { openInlinePool } from '../../src/pool/inline.ts'
import { runExperiment } from '../../src/stages/experiment-run.ts'
import { taskHandlers } from '../../src/stages/handlers.ts'
import type { RunRecord } from '../../src/stages/run-record.ts'
import { openStore } from '../../src/store/local-store.ts'
import { scratchFolder } from '../store/scratch.ts'
import { writeExperiment } from './experiment.ts'
import { digestFile } from './killed-run.ts'
import { digestRun } from './run-digest.ts'

/** Any stored file of a finished run, cut or altered: found out, set aside, made again, byte for byte. */
const root = scratchFolder('torn-run')
const storeRoot = join(root, 'store')
const artefacts = join(storeRoot, 'artefacts')
const SEED = 55
const MACHINE = { cores: 1, memoryBytes: 2 ** 32 }

async function runAgain(): Promise<RunRecord> {
  const { sources } = findInstallation()
  return runExperiment({
    experiment: await loadExperiment(writeExperiment(join(root, 'user')), { sources }),
    store: openStore(storeRoot, { clock: systemClock }),
    pool: openInlinePool(taskHandlers),
    sources,
    clock: systemClock, machine: MACHINE, overrides: { portfoliosPerBatch: 8 }, timeoutMs: 60_000, observer: {},
    interrupted: new AbortController().signal,
    experimentFile: join(root, 'user/experiment.json'),
    environment: { millrace: '0', node: '', platform: '', ...MACHINE, sources: '' },
    save: () => undefined,
  })
}

/** Every stored file and the digest of its bytes. */
function storedFiles(): Record<string, string> {
  const files = readdirSync(artefacts, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(files.map((file) => join(file.parentPath, file.name)).toSorted().map((path) => [relative(artefacts, path), digestFile(path)]))
}

/** Reads everything, as a person who looks at every result; whether something was found to be damaged. */
async function findsDamage(record: RunRecord): Promise<boolean> {
  try {
    await digestRun(storeRoot, record)
    return false
  } catch (error) {
    if (error instanceof MillraceError && ['ARTEFACT_CORRUPT', 'ARTEFACT_MISSING'].includes(error.code)) return true
    throw error
  }
}

const quarantined = (): number => {
  try {
    return readdirSync(join(storeRoot, 'quarantine')).length
  } catch {
    return 0
  }
}

describe('a finished run one of whose files is', () => {
  let finished: RunRecord
  let whole: Record<string, string>
  const random = createRandom(SEED)

  const damages = {
    cut: (path: string) => truncateSync(path, random.integer(readFileSync(path).length)),
    altered: (path: string) => {
      const bytes = readFileSync(path)
      bytes[random.integer(bytes.length)] ^= 1 << random.integer(8)
      writeFileSync(path, bytes)
    },
    gone: (path: string) => rmSync(path),
  }

  beforeAll(async () => {
    finished = await runAgain()
    expect(finished.status).toBe('finished')
    whole = storedFiles()
    expect(Object.keys(whole).length).toBeGreaterThan(55)
  })

  it.each(Object.entries(damages))('%s, whichever it is', async (name, damage) => {
    let onReading = 0
    for (const file of Object.keys(whole)) {
      const before = quarantined()
      damage(join(artefacts, file))
      // a run that is all cached reads next to nothing: what it does not see is seen by whoever reads it
      const again = await runAgain()
      if (quarantined() === before && (await findsDamage(again))) {
        onReading++
        await runAgain()
      }
      expect(quarantined() - before, `${file} was not set aside`).toBe(1)
      expect(storedFiles(), file).toEqual(whole)
    }
    expect(await findsDamage(await runAgain())).toBe(false)
    console.log(`torn artefacts: ${Object.keys(whole).length} files ${name}, seed ${SEED}, ${onReading} found out only on reading`)
  }, 240_000)
})
