import type { ArtefactDescription, ArtefactDraft, Store } from '../store/store.ts'

type Facts = Readonly<Record<string, unknown>>

/** Publishes what `make` adds to a draft, with the facts it may give; nothing of it stays when `make` throws. */
export async function makeArtefact(
  store: Store, description: ArtefactDescription, make: (draft: ArtefactDraft) => Facts | undefined | void | Promise<Facts | undefined | void>,
): Promise<void> {
  const draft = store.draft(description)
  try {
    draft.publish((await make(draft)) ?? undefined)
  } catch (error) {
    draft.discard()
    throw error
  }
}
