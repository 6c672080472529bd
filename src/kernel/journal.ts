import type { KernelBlock } from './kernel.ts'

/** Receives what the recorded portfolios of a batch do, as the SIMD kernel writes it. */
export interface Journal {
  /** Whether marks belong to it. */
  readonly marks: boolean
  /** Messages from now on are of this block's rows. */
  begin(block: KernelBlock): void
  /**
   * Some whole rows of portfolios, events of 16 or 32 bytes (assembly/layout.ts): portfolios take turns, the rows of each
   * are in order, and no row of one is in two messages, but for the orders that it ends with. The bytes are the kernel's own and soon overwritten.
   */
  take(message: Uint8Array<ArrayBuffer>): void
}
