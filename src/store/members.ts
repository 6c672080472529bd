import { crc32 } from 'node:zlib'
import type { Address, MemberPlace } from './store.ts'

const ADDRESS_BYTES = 32
const ADDRESS_PATTERN = /^[0-9a-f]{64}$/
const PREAMBLE_BYTES = 8

/** An address names a folder, so nothing but a SHA-256 in lower-case hexadecimal is let through. */
export function checkAddress(address: Address): Address {
  if (!ADDRESS_PATTERN.test(address)) throw new Error(`not an artefact address: ${JSON.stringify(address)}`)
  return address
}

/**
 * The members of an artefact as bytes: length of the kind and number of members (uint32, little-endian),
 * the kind in UTF-8, 32 bytes per member, CRC-32 of it all. A million members are 32 MB and need no parsing.
 */
export function encodeMembers(kind: string, members: readonly Address[]): Uint8Array {
  const name = Buffer.from(kind)
  const bytes = Buffer.alloc(PREAMBLE_BYTES + name.length + members.length * ADDRESS_BYTES + 4)
  bytes.writeUInt32LE(name.length, 0)
  bytes.writeUInt32LE(members.length, 4)
  name.copy(bytes, PREAMBLE_BYTES)
  let at = PREAMBLE_BYTES + name.length
  for (const member of members) {
    bytes.write(checkAddress(member), at, 'hex')
    at += ADDRESS_BYTES
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(0, at)), at)
  return bytes
}

export interface MemberList {
  readonly kind: string
  /** 32 bytes per member, in the members' order. */
  readonly digests: Uint8Array
}

/** Reads back what {@link encodeMembers} made; undefined when a byte is missing or wrong. */
export function decodeMembers(bytes: Buffer): MemberList | undefined {
  if (bytes.length < PREAMBLE_BYTES + 4) return undefined
  const at = PREAMBLE_BYTES + bytes.readUInt32LE(0)
  const end = at + bytes.readUInt32LE(4) * ADDRESS_BYTES
  if (end + 4 !== bytes.length || bytes.readUInt32LE(end) !== crc32(bytes.subarray(0, end))) return undefined
  return { kind: bytes.toString('utf8', PREAMBLE_BYTES, at), digests: bytes.subarray(at, end) }
}

/** The addresses of a list, in hexadecimal. */
export function membersOf(list: MemberList): Address[] {
  const digests = Buffer.from(list.digests.buffer, list.digests.byteOffset, list.digests.byteLength)
  const members: Address[] = []
  for (let at = 0; at < digests.length; at += ADDRESS_BYTES) members.push(digests.toString('hex', at, at + ADDRESS_BYTES))
  return members
}

/**
 * Where every member of one kind is: an open-addressing hash table over the digests themselves (their bits
 * are already uniform), 48 bytes a member, because a Map of a million strings takes seconds and 200 MB.
 */
export class MemberTable {
  #digests = Buffer.alloc(1024 * ADDRESS_BYTES)
  #artefactOf = new Int32Array(1024)
  #positionOf = new Int32Array(1024)
  /** Number of the entry + 1; 0 = free. */
  #slots = new Int32Array(4096)
  #count = 0
  readonly #artefacts: Address[] = []

  add(artefact: Address, list: MemberList): void {
    const members = list.digests.length / ADDRESS_BYTES
    this.#reserve(this.#count + members)
    this.#artefacts.push(artefact)
    const wanted = Buffer.from(list.digests.buffer, list.digests.byteOffset, list.digests.byteLength)
    for (let position = 0; position < members; position++) {
      const at = position * ADDRESS_BYTES
      const slot = this.#slotOf(wanted, at)
      if (this.#slots[slot] !== 0) continue
      wanted.copy(this.#digests, this.#count * ADDRESS_BYTES, at, at + ADDRESS_BYTES)
      this.#artefactOf[this.#count] = this.#artefacts.length - 1
      this.#positionOf[this.#count] = position
      this.#slots[slot] = ++this.#count
    }
  }

  /** The places of those `members` that are known, by member. */
  find(members: readonly Address[]): Map<Address, MemberPlace> {
    const places = new Map<Address, MemberPlace>()
    const wanted = Buffer.alloc(ADDRESS_BYTES)
    for (const member of members) {
      if (member.length !== 2 * ADDRESS_BYTES || wanted.write(member, 'hex') !== ADDRESS_BYTES) checkAddress(member)
      const entry = this.#slots[this.#slotOf(wanted, 0)] - 1
      if (entry < 0) continue
      places.set(member, { artefact: this.#artefacts[this.#artefactOf[entry]], position: this.#positionOf[entry] })
    }
    return places
  }

  /** The slot that holds the digest at `at` of `bytes`, or the free one where it belongs. */
  #slotOf(bytes: Buffer, at: number): number {
    const mask = this.#slots.length - 1
    for (let slot = bytes.readUInt32LE(at) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] - 1
      if (entry < 0) return slot
      const known = entry * ADDRESS_BYTES
      if (bytes.compare(this.#digests, known, known + ADDRESS_BYTES, at, at + ADDRESS_BYTES) === 0) return slot
    }
  }

  #reserve(members: number): void {
    if (members <= this.#artefactOf.length) return
    let room = this.#artefactOf.length
    while (room < members) room *= 2
    const digests = Buffer.alloc(room * ADDRESS_BYTES)
    this.#digests.copy(digests)
    this.#digests = digests
    this.#artefactOf = widen(this.#artefactOf, room)
    this.#positionOf = widen(this.#positionOf, room)
    this.#slots = new Int32Array(room * 4)
    for (let entry = 0; entry < this.#count; entry++) this.#slots[this.#slotOf(digests, entry * ADDRESS_BYTES)] = entry + 1
  }
}

function widen(values: Int32Array, room: number): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(room)
  wider.set(values)
  return wider
}
