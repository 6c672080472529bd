import { toErrorReport } from '../base/errors.ts'
import { totalColumns, viewsOf, type Role } from '../lineup/role.ts'
import type { FromMember, ToMember } from './crew.ts'

/** A process's side of the conversation: one role, made from the spec it is configured with. */
export function serveRole(createRole: (spec: unknown) => Promise<Role>): void {
  let role: Role | undefined
  const answer = async (message: ToMember): Promise<FromMember> => {
    if (message.say === 'configure') {
      role = await createRole(message.spec)
      return { say: 'ready', inputs: role.inputs, outputs: role.outputs }
    }
    if (role === undefined) throw new Error('a role was addressed before it was configured')
    if (message.say === 'finish') return { say: 'finished', value: await role.finish?.() }
    const values = new Float64Array(totalColumns(role.outputs))
    await role.turn(message.row, viewsOf(role.inputs, message.values), viewsOf(role.outputs, values))
    return { say: 'turned', values }
  }
  process.on('message', (message: ToMember) => {
    answer(message)
      .catch((error: unknown): FromMember => ({ say: 'failed', error: toErrorReport(error) }))
      .then((reply) => process.send?.(reply))
  })
  process.on('disconnect', () => process.exit(0))
}
