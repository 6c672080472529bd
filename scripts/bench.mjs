// Bundles and runs the benches: node scripts/bench.mjs [kernel csv strategies models workers walk-forward]
import { build } from 'esbuild'
import { join } from 'node:path'
import { runToEnd, setUp } from './setup.mjs'

const root = await setUp()
const outfile = join(root, 'dist/bench.mjs')
await build({
  entryPoints: [join(root, 'bench/run.ts')],
  outfile, bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node20', logLevel: 'warning',
})
runToEnd([process.execPath, outfile, ...process.argv.slice(2)])
