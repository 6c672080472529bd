// Bundles the benches, and the process of one portfolio that they start, into dist/.
import { build } from 'esbuild'
import { join } from 'node:path'

/** @param {string} root */
export async function buildBench(root) {
  await build({
    entryPoints: [
      { in: join(root, 'bench/run.ts'), out: 'bench' },
      { in: join(root, 'bench/portfolio-process.ts'), out: 'bench-portfolio' },
    ],
    outdir: join(root, 'dist'), outExtension: { '.js': '.mjs' },
    bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node20', logLevel: 'warning',
  })
}
