import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { AddressList } from '../../src/store/address-list.ts'
import type { Address, MemberPlace, Store } from '../../src/store/store.ts'

/** A folder for one test file, in memory where the system has such a place: fault tests write a thousand times. */
export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `millrace-${name}-`))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What a store finds of these members, by their addresses. */
export function placesIn(store: Store, kind: string, members: readonly Address[]): Map<Address, MemberPlace> {
  const places = store.findMembers(kind, AddressList.of(members))
  return new Map(members.flatMap((member, index) => {
    const place = places.at(index)
    return place === undefined ? [] : [[member, place] as const]
  }))
}
