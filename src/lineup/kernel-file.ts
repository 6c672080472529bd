import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { builtFile } from '../base/built-file.ts'
import { variantFile, type KernelInstance, type KernelModules, type KernelVariant } from '../kernel/variants.ts'

let installed: KernelModules | undefined

/** The SIMD kernel of this installation. Throws when it has not been built. */
export function kernelModules(): KernelModules {
  return (installed ??= kernelModulesIn(dirname(builtFile('kernel.wasm'))))
}

interface Compiled {
  readonly module: WebAssembly.Module
  readonly free: KernelInstance[]
}

/** The SIMD kernel in a folder: each variant is read and compiled when it is first asked for, once. Instances are pooled. */
export function kernelModulesIn(folder: string): KernelModules {
  const compiled = new Map<string, Compiled>()
  const find = (variant: KernelVariant): Compiled => {
    const file = join(folder, variantFile(variant))
    const known = compiled.get(file) ?? { module: new WebAssembly.Module(readFileSync(file)), free: [] }
    compiled.set(file, known)
    return known
  }
  return {
    take: (variant) => {
      const { module, free } = find(variant)
      return free.pop() ?? instantiate(module)
    },
    release: (variant, instance) => {
      instance.takeJournal = takeNothing
      find(variant).free.push(instance)
    },
  }
}

/** Synchronously: awaiting an instance has hung an idle process (nodejs/node#54918). */
function instantiate(module: WebAssembly.Module): KernelInstance {
  const imports = { journal: { take: (end: number) => instance.takeJournal(end >>> 0) } }
  const instance: KernelInstance = { exports: new WebAssembly.Instance(module, imports).exports, takeJournal: takeNothing }
  return instance
}

function takeNothing(): void {
  throw new Error('nobody takes the journal')
}
