/** SHA-256 in lower-case hexadecimal of everything that determines an artefact. */
export type Address = string

export const ADDRESS_BYTES = 32
const ADDRESS_PATTERN = /^[0-9a-f]{64}$/
const LEAST_ROOM = 64

/** An address names a folder, so nothing but a SHA-256 in lower-case hexadecimal is let through. */
export function checkAddress(address: Address): Address {
  if (!ADDRESS_PATTERN.test(address)) throw new Error(`not an artefact address: ${JSON.stringify(address)}`)
  return address
}

/**
 * Addresses one after the other, 32 bytes each, and where each of them stands: a million texts in an array and a Map
 * would be seven times that. Found by open addressing over the bytes themselves, whose bits are already uniform.
 */
export class AddressList {
  #digests: Buffer
  #length = 0
  /** Number of the entry + 1; 0 = free. Made when something is first looked for. */
  #slots: Int32Array | undefined

  constructor(room = LEAST_ROOM) {
    this.#digests = Buffer.allocUnsafeSlow(Math.max(1, room) * ADDRESS_BYTES)
  }

  static of(addresses: Iterable<Address>): AddressList {
    const list = new AddressList()
    for (const address of addresses) list.push(address)
    return list
  }

  get length(): number {
    return this.#length
  }

  /** 32 bytes an address. */
  get digests(): Uint8Array {
    return this.#digests.subarray(0, this.#length * ADDRESS_BYTES)
  }

  at(index: number): Address {
    return this.#digests.toString('hex', index * ADDRESS_BYTES, (index + 1) * ADDRESS_BYTES)
  }

  slice(from: number, to: number): Address[] {
    return Array.from({ length: Math.max(0, Math.min(to, this.#length) - from) }, (_, i) => this.at(from + i))
  }

  push(address: Address): void {
    this.pushDigest(digestOf(address), 0)
  }

  /** Takes in the 32 bytes at `at`. */
  pushDigest(bytes: Uint8Array, at: number): void {
    const start = this.#length * ADDRESS_BYTES
    if (start === this.#digests.length) {
      const wider = Buffer.allocUnsafeSlow(2 * start)
      this.#digests.copy(wider)
      this.#digests = wider
    }
    this.#digests.set(bytes.subarray(at, at + ADDRESS_BYTES), start)
    this.#length++
    if (this.#slots === undefined) return
    if (2 * this.#length > this.#slots.length) this.#slots = this.#index()
    else this.#enter(this.#slots, this.#length - 1)
  }

  /** Number of the first entry that is `address`, or −1. */
  indexOf(address: Address): number {
    return this.indexOfDigest(digestOf(address), 0)
  }

  /** The same for the 32 bytes at `at`. */
  indexOfDigest(bytes: Buffer, at: number): number {
    this.#slots ??= this.#index()
    return this.#slots[this.#slotOf(this.#slots, bytes, at)] - 1
  }

  /** Whether no entry before this one is the same address. */
  isFirst(index: number): boolean {
    return this.indexOfDigest(this.#digests, index * ADDRESS_BYTES) === index
  }

  /** Gives back the 8 bytes and more an address that looking for them takes; what is looked for later is found all the same. */
  forgetSlots(): void {
    this.#slots = undefined
  }

  #index(): Int32Array {
    let size = 2 * LEAST_ROOM
    while (size < 2 * this.#length) size *= 2
    const slots = new Int32Array(size)
    for (let entry = 0; entry < this.#length; entry++) this.#enter(slots, entry)
    return slots
  }

  #enter(slots: Int32Array, entry: number): void {
    const slot = this.#slotOf(slots, this.#digests, entry * ADDRESS_BYTES)
    if (slots[slot] === 0) slots[slot] = entry + 1
  }

  /** The slot that holds the digest at `at` of `bytes`, or the free one where it belongs. */
  #slotOf(slots: Int32Array, bytes: Buffer, at: number): number {
    const mask = slots.length - 1
    for (let slot = bytes.readUInt32LE(at) & mask; ; slot = (slot + 1) & mask) {
      const known = (slots[slot] - 1) * ADDRESS_BYTES
      if (known < 0 || bytes.compare(this.#digests, known, known + ADDRESS_BYTES, at, at + ADDRESS_BYTES) === 0) return slot
    }
  }
}

const scratch = Buffer.alloc(ADDRESS_BYTES)

/** Valid until the next. */
function digestOf(address: Address): Buffer {
  if (address.length !== 2 * ADDRESS_BYTES || scratch.write(address, 'hex') !== ADDRESS_BYTES) checkAddress(address)
  return scratch
}
