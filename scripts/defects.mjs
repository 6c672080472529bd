// Green means right: seeds one defect after the other into a copy of the repository and asks the tests to see it.
//
//   npm run defects [-- WORDS]     only defects whose name holds these words
//
// Ends with 1 when a defect survives, a replacement no longer applies, or the copy fails without any defect.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFECTS } from './defects/list.mjs'
import { setUp } from './setup.mjs'

const root = await setUp()
const copy = mkdtempSync(join(tmpdir(), 'millrace-defects-'))
const report = join(copy, 'report.json')
const words = process.argv.slice(2).join(' ')
const chosen = DEFECTS.filter(({ name }) => name.includes(words))

for (const name of ['src', 'tests', 'scripts', 'examples', 'docs', 'bin', 'bench', 'dist', 'package.json', 'package-lock.json', 'tsconfig.json', 'vitest.config.ts']) {
  if (existsSync(join(root, name))) cpSync(join(root, name), join(copy, name), { recursive: true, preserveTimestamps: true })
}
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
// Most tests need no bundles: a build for each defect would take longer than the tests.
const unbuilt = "import config from './vitest.config.ts'\nexport default { ...config, test: { ...config.test, globalSetup: [] } }\n"
writeFileSync(join(copy, 'vitest.unbuilt.ts'), unbuilt)

/** Runs test files in the copy; what failed, or undefined when all passed. */
function findFailure(tests, { build = false } = {}) {
  rmSync(report, { force: true })
  const config = build ? [] : ['--config', 'vitest.unbuilt.ts']
  const run = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...config, '--reporter', 'json', '--outputFile', report, ...tests], { cwd: copy, encoding: 'utf8' })
  if (!existsSync(report)) return { broken: `${run.stdout}\n${run.stderr}` }
  const { testResults, numPassedTests } = JSON.parse(readFileSync(report, 'utf8'))
  for (const { assertionResults, message, name } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed')
    if (failed !== undefined) return { test: `${name.slice(copy.length + 1)}: ${failed.fullName}` }
    // A file that cannot even be loaded shows nothing.
    if (message) return { broken: `${name}: ${message}` }
  }
  return numPassedTests > 0 && run.status === 0 ? undefined : { broken: `${run.stdout}\n${run.stderr}` }
}

/** Applies replacements, runs `act`, and takes them back; answers undefined when one does not apply. */
function withEdits(edits, act) {
  const texts = new Map()
  try {
    for (const { file, from, to } of edits) {
      const path = join(copy, file)
      const text = readFileSync(path, 'utf8')
      if (text.split(from).length !== 2) return undefined
      if (!texts.has(path)) texts.set(path, text)
      writeFileSync(path, text.replace(from, () => to))
    }
    return act()
  } finally {
    for (const [path, text] of texts) writeFileSync(path, text)
  }
}

function judge(outcome) {
  if (outcome === undefined) return { caught: false, verdict: 'the replacement no longer applies' }
  const { failure } = outcome
  if (failure === undefined) return { caught: false, verdict: 'SURVIVED' }
  if (failure.test !== undefined) return { caught: true, verdict: failure.test }
  return { caught: false, verdict: `the tests did not run: ${failure.broken.slice(0, 2000)}` }
}

let bad = 0
const startedAt = performance.now()
try {
  const all = [...new Set(chosen.flatMap(({ tests }) => tests))]
  const undisturbed = findFailure(all, { build: true })
  if (undisturbed !== undefined) throw new Error(`the tests fail without any defect: ${undisturbed.test ?? undisturbed.broken}`)
  for (const { name, edits, tests, build } of chosen) {
    const { caught, verdict } = judge(withEdits(edits, () => ({ failure: findFailure(tests, { build }) })))
    if (!caught) bad++
    process.stdout.write(`${caught ? 'caught ' : 'MISSED '} ${name}\n        → ${verdict}\n`)
  }
} catch (error) {
  bad++
  process.stdout.write(`${error.message}\n`)
} finally {
  rmSync(copy, { recursive: true, force: true })
}
process.stdout.write(`${chosen.length - bad} of ${chosen.length} defects caught in ${Math.round((performance.now() - startedAt) / 1000)} s\n`)
process.exit(bad === 0 && chosen.length > 0 ? 0 : 1)
