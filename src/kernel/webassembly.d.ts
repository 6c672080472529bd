/** The part of the standard WebAssembly interface that Node 20's typings leave to the DOM library. */
declare namespace WebAssembly {
  interface Memory {
    readonly buffer: ArrayBuffer
    /** Grows by pages of 64 KiB; the old buffer is detached. */
    grow(pages: number): number
  }
  interface Instance {
    readonly exports: Readonly<Record<string, unknown>>
  }
  const Module: new (bytes: Uint8Array) => Module
  const Instance: new (module: Module, imports?: object) => Instance
}
