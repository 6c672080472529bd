/**
 * What a module of the SIMD kernel is compiled for. All are made of one source, whose constants of the same names
 * (assembly/block.ts) leave out what a variant has not: no batch pays for rules that none of its portfolios uses.
 */
export interface KernelVariant {
  /** Cells have their longer part: some portfolio needs it (vector-rules.ts). */
  readonly isLong: boolean
  /** What happens is told to a recorder. */
  readonly records: boolean
}

/** Gives the module that is compiled for a variant. */
export type KernelModules = (variant: KernelVariant) => WebAssembly.Module

/** Name of the file that scripts/build-kernel.mjs compiles a variant into. */
export function variantFile({ isLong, records }: KernelVariant): string {
  return `kernel${isLong ? '-long' : ''}${records ? '-recorded' : ''}.wasm`
}
