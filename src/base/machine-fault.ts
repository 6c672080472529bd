import { MillraceError } from './errors.ts'

/** What the operating system refuses (no space, no permission, no such folder) is no bug of Millrace; any other error stays as it is. */
export function toMachineFault(error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error
  const where = 'path' in error ? String(error.path) : undefined
  return new MillraceError({ code: 'MACHINE_FAULT', message: `the system refused it: ${error.message}`, where, hint: 'look at permissions and free space of that place' })
}
