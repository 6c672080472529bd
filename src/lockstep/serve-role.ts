import { readSync, writeSync } from 'node:fs'
import { toErrorReport } from '../base/errors.ts'
import type { Role } from '../lineup/role.ts'
import type { FromMember, ToMember } from './crew.ts'
import { createRowFrame, ROW_PIPE } from './row-frame.ts'

/**
 * A process's side of the conversation: one role, made from the spec it is configured with. Once ready it does
 * nothing but wait for its next row, so it waits in the system's own read, which wakes it soonest.
 */
export function serveRole(createRole: (spec: unknown) => Promise<Role>): void {
  let role: Role | undefined
  const answer = async (message: ToMember): Promise<void> => {
    if (message.say === 'configure') {
      role = await createRole(message.spec)
      await say({ say: 'ready', inputs: role.inputs, outputs: role.outputs })
      await turnRows(role)
      return
    }
    if (role === undefined) throw new Error('a role was addressed before it was configured')
    await say({ say: 'finished', value: await role.finish?.() })
  }
  process.on('message', (message: ToMember) => {
    answer(message).catch((error: unknown) => say({ say: 'failed', error: toErrorReport(error) }))
  })
  process.on('disconnect', () => process.exit(0))
}

/** Resolves when the message is on its way: whoever blocks afterwards does not hold it back. */
function say(message: FromMember): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, undefined, (error) => (error === null ? resolve() : reject(error)))
  })
}

/** Answers row after row until there are no more. */
async function turnRows(role: Role): Promise<void> {
  const taken = createRowFrame(role.inputs)
  const made = createRowFrame(role.outputs)
  while (readWhole(taken.bytes)) {
    const row = taken.row()
    const turning = role.turn(row, taken.rows, made.rows)
    if (turning !== undefined) await turning
    made.stamp(row)
    writeWhole(made.bytes)
  }
}

/** @returns false where the rows have ended */
function readWhole(bytes: Uint8Array): boolean {
  for (let got = 0; got < bytes.length; ) {
    const more = readSync(ROW_PIPE, bytes, got, bytes.length - got, null)
    if (more === 0) return false
    got += more
  }
  return true
}

function writeWhole(bytes: Uint8Array): void {
  for (let put = 0; put < bytes.length; ) put += writeSync(ROW_PIPE, bytes, put, bytes.length - put, null)
}
