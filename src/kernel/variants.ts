/**
 * What a module of the SIMD kernel is compiled for. All are made of one source, whose constants of the same names
 * (assembly/block.ts) leave out what a variant has not. Every other rule is in all of them, and looked up at run time.
 */
export interface KernelVariant {
  /** Cells have their longer part: some portfolio needs it (vector-rules.ts). */
  readonly isLong: boolean
  /** What happens is written into a journal. */
  readonly records: boolean
}

/** A module that has a memory of its own, for one batch at a time. */
export interface KernelInstance {
  readonly exports: Readonly<Record<string, unknown>>
  /** Is called with the end of the journal when that is to be taken. */
  takeJournal: (end: number) => void
}

/** Instances of the modules that are compiled for the variants, with memories that batch after batch is placed in. */
export interface KernelModules {
  /** One that nobody uses; what a batch before has left in its memory is undefined. */
  take(variant: KernelVariant): KernelInstance
  /** Gives an instance back: whoever had it must not use it any more. */
  release(variant: KernelVariant, instance: KernelInstance): void
}

/** Name of the file that scripts/build-kernel.mjs compiles a variant into. */
export function variantFile({ isLong, records }: KernelVariant): string {
  return `kernel${isLong ? '-long' : ''}${records ? '-recorded' : ''}.wasm`
}
