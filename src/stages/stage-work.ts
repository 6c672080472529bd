import { addressOf } from '../base/hash.ts'
import { AddressList } from '../store/address-list.ts'
import { MemberPlaces } from '../store/member-places.ts'
import type { Address, MemberPlace } from '../store/store.ts'
import type { MemberLoad } from './member-load.ts'

export type StageName = 'market' | 'features' | 'strategies' | 'models' | 'ensembles' | 'risk' | 'portfolios' | 'training' | 'walk-forward'

/** One thing a stage makes: a feature, a signal, a decision, a portfolio's results. */
export interface Member {
  readonly address: Address
  /** What a person calls it. */
  readonly label: string
  /** Members of earlier stages that it is made from. */
  readonly needs: readonly Address[]
}

/** The members of a piece of work, made as they are asked for: a million portfolios are never in memory at once. */
export interface MemberList<M extends Member = Member> {
  /** Of all of them, in order. */
  readonly addresses: AddressList
  at(index: number): M
}

/** Members that are few. */
export function listed<M extends Member>(members: readonly M[]): MemberList<M> {
  return { addresses: AddressList.of(members.map(({ address }) => address)), at: (index) => members[index] }
}

/** Where every member made so far is, by the list it stands in; grows from stage to stage. */
export class Places {
  readonly #lists = new Map<AddressList, MemberPlaces>()
  /** Where something was found last: what is asked for next mostly stands there, too. */
  #latest: AddressList | undefined

  /** Those of a list's members: whatever is noted there is known here. */
  of(list: AddressList): MemberPlaces {
    let places = this.#lists.get(list)
    if (places === undefined) this.#lists.set(list, (places = new MemberPlaces(list.length)))
    return places
  }

  put(list: AddressList, places: MemberPlaces): void {
    this.#lists.set(list, places)
  }

  find(address: Address): MemberPlace | undefined {
    const known = this.#latest === undefined ? undefined : this.#lists.get(this.#latest)?.at(this.#latest.indexOf(address))
    if (known !== undefined) return known
    for (const [list, places] of this.#lists) {
      const place = places.at(list.indexOf(address))
      if (place === undefined) continue
      this.#latest = list
      return place
    }
    return undefined
  }

  /** Everything that something is in. */
  artefacts(): Address[] {
    return [...new Set([...this.#lists.values()].flatMap((places) => places.artefacts))]
  }

  clear(): void {
    this.#lists.clear()
  }
}

/** Where a task's artefact goes, where what it reads is, and the sizes the run was planned with. */
export interface TaskPlace {
  readonly address: Address
  readonly places: Places
  readonly sizes: TaskSizes
}

export interface TaskSizes {
  readonly rowsPerBlock: number
  readonly modelThreads: number
}

/**
 * Work that can run at once: members without dependencies among each other, cut into chunks, one task and one
 * artefact a chunk. Members already stored are taken out before chunks are cut.
 */
export interface StageWork<M extends Member = Member> {
  readonly stage: StageName
  /** The task's handler, and the kind of its artefact. */
  readonly taskKind: string
  readonly artefactKind: string
  readonly members: MemberList<M>
  /** What a member adds to the store. */
  readonly bytesPerMember: number
  readonly load: MemberLoad
  /** A fresh process per task, one task at a time (models). */
  readonly isolated: boolean
  payload(members: readonly M[], of: TaskPlace): unknown
}

/** The artefact of a chunk: it is its members, in order. A member of a kind without chunks is the artefact. */
export function chunkAddress(work: Pick<StageWork, 'artefactKind' | 'load'>, members: readonly Address[]): Address {
  return work.load.mostPerTask === 1 ? members[0] : addressOf({ kind: work.artefactKind, members })
}

/** Cuts ordinals into consecutive chunks of at most `size`: views of them, not copies. */
export function cutChunks(ordinals: Int32Array, size: number): Int32Array[] {
  return Array.from({ length: Math.ceil(ordinals.length / size) }, (_, i) => ordinals.subarray(i * size, (i + 1) * size))
}

export function placeOf(places: Places, address: Address): MemberPlace {
  const place = places.find(address)
  if (place === undefined) throw new Error(`${address} has not been made`)
  return place
}
