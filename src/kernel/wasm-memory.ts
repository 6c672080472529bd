const PAGE = 65_536
const LINE = 64

/** A bump allocator over a WebAssembly memory that nobody else grows. Views are made anew when it has. */
export class WasmMemory {
  readonly #memory: WebAssembly.Memory
  #next: number
  #size = 0
  #floats = new Float32Array(0)
  #doubles = new Float64Array(0)
  #words = new Int32Array(0)
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0)

  constructor(memory: WebAssembly.Memory, start: number) {
    this.#memory = memory
    this.#next = start
    this.#view()
  }

  #view(): void {
    const { buffer } = this.#memory
    this.#size = buffer.byteLength
    this.#floats = new Float32Array(buffer)
    this.#doubles = new Float64Array(buffer)
    this.#words = new Int32Array(buffer)
    this.#bytes = new Uint8Array(buffer)
  }

  /** The first free byte: pass it to `release` to give back everything taken since. */
  get next(): number {
    return this.#next
  }

  /** Address of `bytes` fresh bytes, on a cache line of its own; their content is undefined. */
  take(bytes: number): number {
    const address = this.#next
    this.#next = Math.ceil((address + bytes) / LINE) * LINE
    const missing = this.#next - this.#size
    if (missing > 0) {
      this.#memory.grow(Math.ceil(missing / PAGE))
      this.#view()
    }
    return address
  }

  release(to: number): void {
    this.#next = to
  }

  get floats(): Float32Array {
    return this.#floats
  }

  get doubles(): Float64Array {
    return this.#doubles
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes
  }

  get words(): Int32Array {
    return this.#words
  }
}
