import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { variantFile, type KernelModules } from '../kernel/variants.ts'

/** The compiled SIMD kernel: beside the bundles in dist/, also for who runs from the sources. */
const PLACES = ['.', '../../dist'] as const

let installed: KernelModules | undefined

/** The SIMD kernel of this installation. Throws when it has not been built. */
export function kernelModules(): KernelModules {
  if (installed === undefined) {
    const folders = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url)))
    const folder = folders.find((candidate) => existsSync(join(candidate, 'kernel.wasm')))
    if (folder === undefined) throw new Error('kernel.wasm is not there; build again')
    installed = kernelModulesIn(folder)
  }
  return installed
}

/** The SIMD kernel in a folder: each variant is read and compiled when it is first asked for, once. */
export function kernelModulesIn(folder: string): KernelModules {
  const compiled = new Map<string, WebAssembly.Module>()
  return (variant) => {
    const file = join(folder, variantFile(variant))
    const known = compiled.get(file)
    if (known !== undefined) return known
    const module = new WebAssembly.Module(readFileSync(file))
    compiled.set(file, module)
    return module
  }
}
