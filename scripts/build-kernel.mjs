// Compiles the AssemblyScript kernel to WebAssembly SIMD.
import { dirname, join, relative, resolve } from 'node:path'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { main } from 'assemblyscript/asc'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const entry = 'src/kernel/assembly/kernel.ts'

/** Writes the compiled kernel to `outFile`; throws with the compiler's messages. */
export async function buildKernel(outFile) {
  mkdirSync(dirname(outFile), { recursive: true })
  const settings = ['--optimizeLevel', '3', '--enable', 'simd', '--runtime', 'stub', '--noAssert', '--noExportRuntime', '--use', 'abort=']
  const { error, stderr } = await main([entry, '--baseDir', root, '--outFile', relative(root, outFile), ...settings])
  if (error) throw new Error(`the kernel did not compile\n${stderr.toString()}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildKernel(resolve(process.argv[2] ?? join(root, 'dist/kernel.wasm')))
