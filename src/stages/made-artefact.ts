import type { ArtefactDescription, ArtefactDraft, Store } from '../store/store.ts'

/** Publishes what `make` adds to a draft; nothing of it stays when `make` throws. */
export async function makeArtefact(store: Store, description: ArtefactDescription, make: (draft: ArtefactDraft) => void | Promise<void>): Promise<void> {
  const draft = store.draft(description)
  try {
    await make(draft)
    draft.publish()
  } catch (error) {
    draft.discard()
    throw error
  }
}
