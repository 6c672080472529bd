/** Resolves in the next turn of the event loop: what has come about by now, and whatever follows from it at once, is done by then. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** How many of what takes some microseconds are done from breath to breath. */
export const STEPS_PER_BREATH = 1000

/**
 * Lets in what has come meanwhile, a Ctrl-C above all: planning alone can take longer than anybody waits.
 * @throws the reason of `interrupted`
 */
export async function breathe(interrupted: AbortSignal): Promise<void> {
  await nextTurn()
  interrupted.throwIfAborted()
}
