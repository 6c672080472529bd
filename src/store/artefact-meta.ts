import { canonicalJson, sha256 } from '../base/hash.ts'
import { fromText, toText } from './canonical-text.ts'
import type { Address, ArtefactMeta } from './store.ts'

/** Raised when the layout of an artefact changes: artefacts of another format are made again. */
const FORMAT = 1

export const META_FILE = 'meta.json'
export const MEMBERS_FILE = 'members.bin'

/** What `meta.json` holds: everything but the members, which have a binary file of their own. */
export type MetaRecord = Omit<ArtefactMeta, 'members'> & { readonly memberCount: number }

/** The text of a sealed `meta.json`: `seal` is the SHA-256 of the canonical JSON of all the rest. */
export function sealMeta(record: MetaRecord): string {
  const body = { format: FORMAT, ...record }
  return toText({ ...body, seal: sha256(canonicalJson(body)) })
}

/** The record in a sealed text, or the reason why it can't be trusted. */
export function unsealMeta(text: string, address: Address): MetaRecord | { readonly reason: string } {
  let parsed: unknown
  try {
    parsed = fromText(text)
  } catch {
    return { reason: `${META_FILE} is torn` }
  }
  if (typeof parsed !== 'object' || parsed === null || !('seal' in parsed)) return { reason: `${META_FILE} has no seal` }
  const { seal, ...body } = parsed as MetaRecord & { seal: unknown; format?: unknown }
  if (seal !== sha256(canonicalJson(body))) return { reason: `${META_FILE} was altered` }
  const { format, ...record } = body
  if (format !== FORMAT) return { reason: `${META_FILE} is of format ${String(format)}, not ${FORMAT}` }
  if (record.address !== address) return { reason: `${META_FILE} is that of another artefact` }
  if (sealMeta(record) !== text) return { reason: `${META_FILE} was altered` }
  return record
}
