// Bundles the command line, the worker and the public API into dist/, and traces every step's source.
import { build } from 'esbuild'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildKernel, hashKernel } from './build-kernel.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')

/** Files whose transitive source decides what an artefact contains: steps and the stages that drive them. */
const TRACED_FOLDERS = ['features', 'strategies', 'ensembles', 'models', 'risk', 'kernel', 'market', 'stages', 'lockstep']

function filesUnder(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesUnder(path) : [path]
  })
}

/** Newest modification among everything the bundles are made of. */
export function newestSource() {
  const inputs = [...filesUnder(join(root, 'src')), fileURLToPath(import.meta.url), join(root, 'package-lock.json')]
  return Math.max(...inputs.filter((file) => existsSync(file)).map((file) => statSync(file).mtimeMs))
}

export function isStale() {
  const stamp = join(dist, 'sources.json')
  return !existsSync(stamp) || statSync(stamp).mtimeMs < newestSource()
}

/** A process started before this build may still ask for chunks of the last one, so they stay for an hour. */
function removeOldChunks() {
  const oldest = Date.now() - 3_600_000
  for (const name of readdirSync(dist)) {
    const path = join(dist, name)
    if (name.startsWith('chunk-') && statSync(path).mtimeMs < oldest) rmSync(path, { force: true })
  }
}

export async function buildAll() {
  mkdirSync(dist, { recursive: true })
  await build({
    entryPoints: [
      { in: join(root, 'src/cli/main.ts'), out: 'cli' },
      { in: join(root, 'src/cli/worker.ts'), out: 'worker' },
      { in: join(root, 'src/cli/lockstep-worker.ts'), out: 'lockstep-worker' },
      { in: join(root, 'src/cli/model-thread.ts'), out: 'model-thread' },
      { in: join(root, 'src/api.ts'), out: 'api' },
      { in: join(root, 'src/experiment/source-trace.ts'), out: 'source-trace' },
    ].filter((entry) => existsSync(entry.in)),
    outdir: dist,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What is imported when it is needed is a chunk of its own: a command loads only what it uses.
    splitting: true,
    chunkNames: 'chunk-[hash]',
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'linked',
    logLevel: 'warning',
  })
  removeOldChunks()
  await buildKernel(dist)
  writeFileSync(join(dist, 'sources.json'), `${JSON.stringify(await traceSteps(join(root, 'src')), null, 1)}\n`)
}

/**
 * The transitive source of every step and task in a source folder, by path. Registries are not followed: they name
 * every step, and what a task needs of them is in its address by the steps' own hashes.
 */
export async function traceSteps(source) {
  const { traceSources } = await import(`${pathToFileURL(join(dist, 'source-trace.mjs')).href}?${Date.now()}`)
  const files = TRACED_FOLDERS.flatMap((folder) => filesUnder(join(source, folder)))
    .filter((file) => file.endsWith('.ts') && !file.includes('/assembly/'))
    .map((file) => relative(source, file).replaceAll('\\', '/'))
    .toSorted()
  const assets = { 'lineup/kernel-file.ts': hashKernel(join(source, 'kernel/assembly')) }
  return traceSources({ root: source, files, external: ['*/registry.ts'], assets })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll()
