/** What the process ends with; documented in docs/cli.md. */
export const EXIT = {
  success: 0,
  /** The run finished, but some strategies, models or portfolios failed and are named. */
  partial: 1,
  /** Bad input, refused before anything was written. */
  refused: 2,
  /** A fault of the world while running: a worker died, the disk was full. */
  failed: 3,
  /** A bug in Millrace. */
  bug: 70,
  /** Ctrl-C; the run can be resumed by the same command. */
  interrupted: 130,
} as const
