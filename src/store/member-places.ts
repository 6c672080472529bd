import type { Address } from './address-list.ts'

/** Where one instance was found. */
export interface MemberPlace {
  readonly artefact: Address
  /** Its position among the artefact's members. */
  readonly position: number
}

/** Where the members of a list are, by their numbers in it: 8 bytes a member, and each artefact once. */
export class MemberPlaces {
  /** Number of the artefact + 1; 0 = nowhere. */
  readonly #artefactOf: Int32Array
  readonly #positionOf: Int32Array
  readonly #artefacts: Address[] = []
  readonly #numberOf = new Map<Address, number>()

  constructor(members: number) {
    this.#artefactOf = new Int32Array(members)
    this.#positionOf = new Int32Array(members)
  }

  has(index: number): boolean {
    return this.#artefactOf[index] > 0
  }

  at(index: number): MemberPlace | undefined {
    return this.has(index) ? { artefact: this.#artefacts[this.#artefactOf[index] - 1], position: this.#positionOf[index] } : undefined
  }

  set(index: number, { artefact, position }: MemberPlace): void {
    let number = this.#numberOf.get(artefact)
    if (number === undefined) {
      number = this.#artefacts.push(artefact)
      this.#numberOf.set(artefact, number)
    }
    this.#artefactOf[index] = number
    this.#positionOf[index] = position
  }

  /** All that something is in, by the first member of each: which was made first, or by how many workers, does not show. */
  get artefacts(): readonly Address[] {
    const isTold = new Uint8Array(this.#artefacts.length)
    const inOrder: Address[] = []
    for (const number of this.#artefactOf) {
      if (number === 0 || isTold[number - 1] === 1) continue
      isTold[number - 1] = 1
      inOrder.push(this.#artefacts[number - 1])
    }
    return inOrder
  }
}
