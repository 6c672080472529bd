export function isStale(): boolean
export function newestSource(): number
export function buildAll(): Promise<void>
