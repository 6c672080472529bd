import { EXIT } from './exit-codes.ts'
import { tell } from './output.ts'

export interface Interrupts {
  /** Aborted by the first Ctrl-C (or SIGTERM). */
  readonly signal: AbortSignal
  /** Gives the signals back to Node, unless one has come. */
  stop(): void
}

/**
 * Ctrl-C once: `abandon` ends what is in flight, the run notes how far it came. Twice: the process ends at
 * once; what it had published stays, and the next run takes its lock over. SIGTERM is the same.
 */
export function watchInterrupts(abandon: () => void): Interrupts {
  const controller = new AbortController()
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted)
    controller.abort()
    tell('\nstopping: what is finished stays; again to stop at once')
    abandon()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    stop: () => {
      if (controller.signal.aborted) return
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
