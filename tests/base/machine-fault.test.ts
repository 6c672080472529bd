import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { toMachineFault } from '../../src/base/machine-fault.ts'
import { DURABLE } from '../../src/store/durable-files.ts'

const thrownBy = (act: () => unknown): unknown => {
  try {
    return act()
  } catch (error) {
    return error
  }
}

it('is what the system refuses, with its place, and no bug', () => {
  const refused = thrownBy(() => readFileSync('no such file'))
  expect(toMachineFault(refused)).toMatchObject({ code: 'MACHINE_FAULT', where: 'no such file', message: expect.stringContaining('ENOENT') })
  const bug = new TypeError('of ours')
  expect(toMachineFault(bug)).toBe(bug)
  expect(toMachineFault('a text')).toBe('a text')
})

it.skipIf(!existsSync('/dev/full'))('has its place on a full disk, too, of which the system does not say where', () => {
  const refused = thrownBy(() => DURABLE.write('/dev/full', 'a text'))
  expect(toMachineFault(refused)).toMatchObject({ code: 'MACHINE_FAULT', where: '/dev/full', message: expect.stringContaining('ENOSPC') })
})
