export function isStale(): boolean
export function newestSource(): number
export function buildAll(): Promise<void>
/** src/experiment/installation.ts says what a trace is. */
export function traceSteps(source: string): Promise<Record<string, import('../src/experiment/installation.ts').TracedSource>>
