import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { DEFECTS } from '../../scripts/defects/list.mjs'

it('can still seed every defect: what it replaces stands once in its file', () => {
  const edits = DEFECTS.flatMap(({ name, edits: each }) => each.map(({ file, from }) => ({ name, found: readFileSync(file, 'utf8').split(from).length - 1 })))
  expect(edits.filter(({ found }) => found !== 1)).toEqual([])
  expect(edits.length).toBeGreaterThan(30)
})
