import { runToEnd, setUp } from './setup.mjs'

await setUp()
runToEnd([process.execPath, 'node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)])
