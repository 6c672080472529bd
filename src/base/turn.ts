/** Resolves in the next turn of the event loop: what has come about by now, and whatever follows from it at once, is done by then. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
