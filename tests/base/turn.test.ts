import { expect, it } from 'vitest'
import { nextTurn } from '../../src/base/turn.ts'

it('lets everything that follows from a promise go first', async () => {
  const happened: string[] = []
  const chain = async (): Promise<void> => {
    for (let link = 0; link < 100; link++) await Promise.resolve()
    happened.push('a hundred links')
  }
  const chained = chain()
  await nextTurn()
  happened.push('next turn')
  await chained
  expect(happened).toEqual(['a hundred links', 'next turn'])
})
