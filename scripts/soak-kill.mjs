// Kills runs with their workers at random points, many times over, and compares what comes of them.
//
//   node scripts/soak-kill.mjs [--kills 200] [--seed 977]
import { parseArgs } from 'node:util'
import { runToEnd, setUp } from './setup.mjs'

const { values } = parseArgs({ options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '977' } } })
await setUp()
runToEnd([process.execPath, 'node_modules/vitest/vitest.mjs', 'run', 'tests/faults/kill.test.ts'], {
  env: { ...process.env, MILLRACE_KILLS: values.kills, MILLRACE_SEED: values.seed },
})
