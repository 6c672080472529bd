#!/usr/bin/env node
import { existsSync } from 'node:fs'

const entry = new URL('../dist/cli.mjs', import.meta.url)
if (!existsSync(entry)) {
  process.stderr.write('millrace is not built yet: run `npm start` or `npm run build` once\n')
  process.exit(2)
}
await import(entry.href)
