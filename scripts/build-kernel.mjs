// Compiles the AssemblyScript kernel to WebAssembly SIMD: a module for each variant (src/kernel/variants.ts).
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const sources = 'src/kernel/assembly'
const settings = ['--optimizeLevel', '3', '--enable', 'simd', '--runtime', 'stub', '--noAssert', '--use', 'abort=', '--disableWarning']
/** A module's file, and the constants it is compiled with. */
const VARIANTS = {
  'kernel.wasm': { LONG: 0, RECORDS: 0 },
  'kernel-recorded.wasm': { LONG: 0, RECORDS: 1 },
  'kernel-long.wasm': { LONG: 1, RECORDS: 0 },
  'kernel-long-recorded.wasm': { LONG: 1, RECORDS: 1 },
}

/** Hash of all that decides what is compiled of a source folder: its files, the settings, the compiler. */
export function hashKernel(folder = join(root, sources)) {
  const files = readdirSync(folder).toSorted().map((file) => join(folder, file))
  const hash = createHash('sha256')
  for (const file of [...files, fileURLToPath(import.meta.url), join(root, 'node_modules/assemblyscript/package.json')]) hash.update(readFileSync(file)).update('\0')
  return hash.digest('hex')
}

/** Writes the modules into a folder, unless they are there already, made of the same; throws with the compiler's messages. */
export async function buildKernel(folder) {
  mkdirSync(folder, { recursive: true })
  const stamp = join(folder, 'kernel.stamp')
  const made = hashKernel()
  const isThere = [stamp, ...Object.keys(VARIANTS).map((file) => join(folder, file))].every((file) => existsSync(file))
  if (isThere && readFileSync(stamp, 'utf8') === made) return
  const { main } = await import('assemblyscript/asc')
  for (const [file, constants] of Object.entries(VARIANTS)) {
    const uses = Object.entries(constants).flatMap(([name, value]) => ['--use', `${name}=${value}`])
    const { error, stderr } = await main([`${sources}/kernel.ts`, '--baseDir', root, '--outFile', relative(root, join(folder, file)), ...settings, ...uses])
    if (error) throw new Error(`the kernel did not compile\n${stderr.toString()}`)
  }
  writeFileSync(stamp, made)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildKernel(resolve(process.argv[2] ?? join(root, 'dist')))
