// Puts every poison into one strategy, risk model, model and portfolio among many, and compares the others.
//
//   node scripts/soak-poison.mjs [--members 1000]
import { parseArgs } from 'node:util'
import { runToEnd, setUp } from './setup.mjs'

const { values } = parseArgs({ options: { members: { type: 'string', default: '1000' } } })
await setUp()
runToEnd([process.execPath, 'node_modules/vitest/vitest.mjs', 'run', 'tests/faults/poison.test.ts'], {
  env: { ...process.env, MILLRACE_MEMBERS: values.members },
})
