import type { StageObserver } from '../stages/observer.ts'

/** Shows how a run goes while it goes. */
export interface ProgressView extends StageObserver {
  /** Resolves when everything told so far has been drawn, so that other text may follow. */
  settled(): Promise<void>
  /** The run is over, well or not. */
  end(): Promise<void>
}
