import { crc32 } from 'node:zlib'
import { ADDRESS_BYTES, AddressList, checkAddress, type Address } from './address-list.ts'
import { MemberPlaces } from './member-places.ts'

const PREAMBLE_BYTES = 8

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

/** Where every member of one kind is; of one that is in several artefacts, the first place that was told. */
export class MemberTable {
  readonly #members = new AddressList()
  #artefactOf = new Int32Array(1024)
  #positionOf = new Int32Array(1024)
  readonly #artefacts: Address[] = []

  add(artefact: Address, { digests }: MemberList): void {
    this.#artefacts.push(artefact)
    const wanted = Buffer.from(digests.buffer, digests.byteOffset, digests.byteLength)
    for (let position = 0; position * ADDRESS_BYTES < wanted.length; position++) {
      if (this.#members.indexOfDigest(wanted, position * ADDRESS_BYTES) >= 0) continue
      const entry = this.#members.length
      this.#reserve(entry)
      this.#members.pushDigest(wanted, position * ADDRESS_BYTES)
      this.#artefactOf[entry] = this.#artefacts.length - 1
      this.#positionOf[entry] = position
    }
  }

  /** The places of those `members` that are known. */
  find(members: AddressList): MemberPlaces {
    const places = new MemberPlaces(members.length)
    const wanted = Buffer.from(members.digests.buffer, members.digests.byteOffset, members.digests.byteLength)
    for (let index = 0; index < members.length; index++) {
      const entry = this.#members.indexOfDigest(wanted, index * ADDRESS_BYTES)
      if (entry >= 0) places.set(index, { artefact: this.#artefacts[this.#artefactOf[entry]], position: this.#positionOf[entry] })
    }
    return places
  }

  #reserve(entry: number): void {
    if (entry < this.#artefactOf.length) return
    this.#artefactOf = widen(this.#artefactOf)
    this.#positionOf = widen(this.#positionOf)
  }
}

function widen(values: Int32Array): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(2 * values.length)
  wider.set(values)
  return wider
}
