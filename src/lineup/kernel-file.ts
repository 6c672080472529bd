import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The compiled SIMD kernel: beside the bundles in dist/, also for who runs from the sources. */
const PLACES = ['./kernel.wasm', '../../dist/kernel.wasm'] as const

let compiled: WebAssembly.Module | undefined

/** The SIMD kernel, read and compiled once per process. Throws when it has not been built. */
export function kernelModule(): WebAssembly.Module {
  if (compiled === undefined) {
    const files = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url)))
    const file = files.find((candidate) => existsSync(candidate))
    if (file === undefined) throw new Error('kernel.wasm is not there; build again')
    compiled = new WebAssembly.Module(readFileSync(file))
  }
  return compiled
}
