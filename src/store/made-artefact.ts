import type { ArtefactDescription, ArtefactDraft, HandedDraft, PassedDraft, Store } from './store.ts'

type Facts = Readonly<Record<string, unknown>>

/** Adds to a draft what the artefact consists of; gives facts that it found out on the way. */
export type ArtefactMaker = (draft: ArtefactDraft) => Facts | undefined | void | Promise<Facts | undefined | void>

/** Publishes what `make` adds to a draft, with the facts it may give; nothing of it stays when `make` throws. */
export async function makeArtefact(store: Store, description: ArtefactDescription, make: ArtefactMaker): Promise<void> {
  const draft = store.draft(description)
  try {
    draft.publish((await make(draft)) ?? undefined)
  } catch (error) {
    draft.discard()
    throw error
  }
}

/** The same, for the coordinator to publish: this process goes on with its next task instead of waiting for the disk. */
export async function handOverArtefact(
  store: Store, description: ArtefactDescription, make: (draft: PassedDraft) => void | Promise<void>,
): Promise<HandedDraft> {
  const draft = store.passedDraft(description)
  try {
    await make(draft)
    return draft.handOver()
  } catch (error) {
    draft.discard()
    throw error
  }
}
