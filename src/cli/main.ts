import { setFlagsFromString } from 'node:v8'
import { execute } from './execute.ts'
import { endWithReader } from './output.ts'

/**
 * What a coordinator allocates dies at once or stays to the end, so a larger young part spares it no work; by itself it
 * would grow to 32 MB with the tasks, and the rest of the heap to four times what is in use.
 */
setFlagsFromString('--semi-space-growth-factor=1')
setFlagsFromString('--heap-growing-percent=100')

endWithReader()
await execute(process.argv.slice(2))
