import { execute } from './execute.ts'
import { endWithReader } from './output.ts'

endWithReader()
await execute(process.argv.slice(2))
