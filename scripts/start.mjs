import { runToEnd, setUp } from './setup.mjs'

await setUp()
const extra = process.argv.slice(2)
runToEnd([process.execPath, 'bin/millrace.mjs', 'run', ...(extra.length > 0 ? extra : ['examples/quickstart.yaml'])])
