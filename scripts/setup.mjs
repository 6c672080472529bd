// What both commands of the README begin with: the right Node, the locked packages, fresh bundles.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

function nodeIsNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major > 20 || (major === 20 && minor >= 19)
}

/** Whether node_modules holds the locked versions: compared by content, since a checkout changes file times. */
function packagesAreInstalled() {
  const installedFile = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(installedFile)) return false
  const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages
  const installed = packagesOf(installedFile)
  return Object.entries(packagesOf(join(root, 'package-lock.json'))).every(
    ([path, { version, optional }]) => path === '' || optional === true || installed[path]?.version === version,
  )
}

export async function setUp() {
  if (!nodeIsNewEnough()) {
    process.stderr.write(`Millrace needs Node 20.19 or newer; this is ${process.versions.node}\n`)
    process.exit(2)
  }
  if (!packagesAreInstalled()) {
    process.stdout.write('Installing the locked packages …\n')
    const installed = spawnSync('npm', ['ci', '--no-fund', '--no-audit'], { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
    if (installed.status !== 0) process.exit(installed.status ?? 1)
  }
  const { buildAll, isStale } = await import('./build.mjs')
  if (isStale()) await buildAll()
  return root
}

/** Runs a command of this project in the foreground and ends with its exit code. */
export function runToEnd(command, options = {}) {
  const done = spawnSync(command[0], command.slice(1), { cwd: root, stdio: 'inherit', ...options })
  process.exit(done.status ?? 1)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setUp()
