// Bundles and runs the benches: node scripts/bench.mjs [names]; without names all of them, some thirty minutes.
import { join } from 'node:path'
import { buildBench } from './build-bench.mjs'
import { runToEnd, setUp } from './setup.mjs'

const root = await setUp()
await buildBench(root)
runToEnd([process.execPath, join(root, 'dist/bench.mjs'), ...process.argv.slice(2)])
