import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { lockRuns } from '../../src/store/run-lock.ts'
import { bundle } from '../pool/fixtures/bundle.ts'
import { scratchFolder } from './scratch.ts'

const folder = scratchFolder('lock')
const lockerFile = bundle(new URL('fixtures/locker.ts', import.meta.url))
const clock = { now: () => Date.UTC(2026, 0, 2, 3, 4, 5), monotonic: () => 0 }
const lockers: ChildProcess[] = []
afterEach(() => lockers.splice(0).forEach((locker) => locker.kill('SIGKILL')))

async function startLocker(root: string): Promise<ChildProcess> {
  const locker = fork(lockerFile, [root], { execArgv: [] })
  lockers.push(locker)
  await once(locker, 'message')
  return locker
}

async function askToLock(locker: ChildProcess): Promise<string> {
  locker.send('go')
  const [answer] = (await once(locker, 'message')) as [string]
  return answer
}

async function die(locker: ChildProcess): Promise<void> {
  locker.kill('SIGKILL')
  await once(locker, 'exit')
}

describe('lockRuns', () => {
  it('lets one in, names it to the next, and lets the next in when it is released', () => {
    const root = join(folder, 'one')
    const first = lockRuns(root, { clock })
    expect(() => lockRuns(root, { clock })).toThrow(expect.objectContaining({
      code: 'RUN_LOCKED', value: process.pid, where: root, message: expect.stringMatching(new RegExp(`^process ${process.pid} on .* since 2026-01-02T03:04:05.000Z$`)),
    }))
    first.release()
    lockRuns(root, { clock }).release()
    lockRuns(root, { clock })
    expect(readdirSync(join(root, 'lock'))).toHaveLength(1)
    expect(readdirSync(join(root, 'tmp'))).toEqual([])
  })

  it('holds between processes, and is taken over from a dead one by exactly one of many', async () => {
    const root = join(folder, 'many')
    const holder = await startLocker(root)
    expect(await askToLock(holder)).toBe('locked')
    expect(() => lockRuns(root, { clock })).toThrow(expect.objectContaining({ code: 'RUN_LOCKED', value: holder.pid }))
    const others = await Promise.all(Array.from({ length: 6 }, () => startLocker(root)))
    let dead = holder
    for (let round = 0; round < 3; round++) {
      await die(dead)
      const contenders = others.filter((locker) => !locker.killed)
      const answers = await Promise.all(contenders.map(askToLock))
      expect(answers.toSorted()).toEqual([...Array.from({ length: contenders.length - 1 }, () => 'RUN_LOCKED'), 'locked'])
      dead = contenders[answers.indexOf('locked')]
    }
  })
})
