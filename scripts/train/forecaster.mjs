// Trains the models of examples/models again, from nothing:
//
//   python -m venv .venv && .venv/bin/pip install -r scripts/train/requirements.txt
//   node scripts/train/forecaster.mjs export dist/train/samples
//   .venv/bin/python scripts/train/train_forecaster.py dist/train/samples examples/models
//   .venv/bin/python scripts/train/train_recurrent.py dist/train/samples examples/models
//   node scripts/train/forecaster.mjs record dist/train/samples examples/models forecaster
//   node scripts/train/forecaster.mjs record dist/train/samples examples/models recurrent
//
// The first step turns Millrace's own feature steps over synthetic markets, so that training and inference see
// the same numbers; the last ones measure each model on markets of other seeds and write its record beside it.
import { build } from 'esbuild'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bundle = join(root, 'dist/train/forecaster.mjs')

if (!['export', 'record'].includes(process.argv[2])) {
  console.error('usage: node scripts/train/forecaster.mjs export SAMPLES | record SAMPLES MODELS NAME')
  process.exit(2)
}
await build({
  entryPoints: [join(root, 'scripts/train/forecaster.ts')],
  outfile: bundle,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
})
await import(pathToFileURL(bundle).href)
