const PAGE = 65_536
const LINE = 64

/** A bump allocator over a WebAssembly memory. Views are made anew when the memory has grown. */
export class WasmMemory {
  readonly #memory: WebAssembly.Memory
  #next: number
  #floats = new Float32Array(0)
  #doubles = new Float64Array(0)
  #words = new Int32Array(0)
  #bytes = new Uint8Array(0)

  constructor(memory: WebAssembly.Memory, start: number) {
    this.#memory = memory
    this.#next = start
  }

  /** The first free byte: pass it to `release` to give back everything taken since. */
  get next(): number {
    return this.#next
  }

  /** Address of `bytes` fresh bytes, on a cache line of its own; their content is undefined. */
  take(bytes: number): number {
    const address = this.#next
    this.#next = Math.ceil((address + bytes) / LINE) * LINE
    const missing = this.#next - this.#memory.buffer.byteLength
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE))
    return address
  }

  release(to: number): void {
    this.#next = to
  }

  get floats(): Float32Array {
    if (this.#floats.buffer !== this.#memory.buffer) this.#floats = new Float32Array(this.#memory.buffer)
    return this.#floats
  }

  get doubles(): Float64Array {
    if (this.#doubles.buffer !== this.#memory.buffer) this.#doubles = new Float64Array(this.#memory.buffer)
    return this.#doubles
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.buffer !== this.#memory.buffer) this.#bytes = new Uint8Array(this.#memory.buffer)
    return this.#bytes
  }

  get words(): Int32Array {
    if (this.#words.buffer !== this.#memory.buffer) this.#words = new Int32Array(this.#memory.buffer)
    return this.#words
  }
}
