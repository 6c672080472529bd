import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sha256 } from '../base/hash.ts'
import { installedVersion } from './package-version.ts'

/** SHA-256 of the transitive source and the packages of every built-in step and stage, by file under src/. */
export type SourceHashes = Readonly<Record<string, string>>

/** What a build knows of a file: the hash of its transitive source, and the names of the packages that imports. */
export interface TracedSource {
  readonly source: string
  readonly packages: readonly string[]
}

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
  let sources: SourceHashes | undefined
  return {
    root: folder,
    version,
    workerFile: join(dist, 'worker.mjs'),
    lockstepWorkerFile: join(dist, 'lockstep-worker.mjs'),
    // Most commands make nothing, and do not ask.
    get sources() {
      return (sources ??= hashTraces(JSON.parse(readFileSync(join(dist, 'sources.json'), 'utf8')) as Record<string, TracedSource>, folder))
    },
  }
}

/**
 * Hashes with the versions of the packages as they are installed for `folder` now: they can be changed without a build,
 * and what another version of the model runtime or of a solver computes is not the same.
 */
export function hashTraces(traces: Readonly<Record<string, TracedSource>>, folder: string): SourceHashes {
  const versions = new Map<string, string>()
  const versionOf = (name: string): string => {
    const version = versions.get(name) ?? installedVersion(name, folder)
    versions.set(name, version)
    return version
  }
  const hashOf = ({ source, packages }: TracedSource): string => sha256(JSON.stringify([source, packages.map((name) => [name, versionOf(name)])]))
  return Object.fromEntries(Object.entries(traces).map(([file, trace]) => [file, hashOf(trace)]))
}
