import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** SHA-256 of the transitive source of every built-in step and stage, by file under src/. */
export type SourceHashes = Readonly<Record<string, string>>

/** Where this installation of Millrace is and what it was built from. */
export interface Installation {
  readonly root: string
  readonly version: string
  readonly workerFile: string
  readonly lockstepWorkerFile: string
  readonly sources: SourceHashes
}

/** Finds the package this file is part of, whether bundled in dist/ or read from src/. */
export function findInstallation(from: string = import.meta.url): Installation {
  let folder = dirname(fileURLToPath(from))
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('the millrace package was not found')
    folder = parent
  }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
  const dist = join(folder, 'dist')
  return {
    root: folder,
    version,
    workerFile: join(dist, 'worker.mjs'),
    lockstepWorkerFile: join(dist, 'lockstep-worker.mjs'),
    sources: JSON.parse(readFileSync(join(dist, 'sources.json'), 'utf8')) as SourceHashes,
  }
}
