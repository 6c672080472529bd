export function isStale(): boolean
export function newestSource(): number
export function buildAll(): Promise<void>
export function hashSteps(source: string): Promise<Record<string, string>>
