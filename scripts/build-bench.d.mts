export function buildBench(root: string): Promise<void>
