import { Command, CommanderError } from 'commander'
import { MillraceError } from '../base/errors.ts'
import { toMachineFault } from '../base/machine-fault.ts'
import { findInstallation } from '../experiment/installation.ts'
import { commandNamed, createProgram, GROUPS } from './program.ts'
import { exitCodeOf, formatError } from './report-error.ts'

/** Does what the words say; whatever goes wrong is told, and ends in `process.exitCode`. */
export async function execute(given: readonly string[]): Promise<void> {
  const json = given.includes('--json')
  const globals = new Command().option('--store <folder>').option('--json').parseOptions([...given])
  const words = [...globals.operands, ...globals.unknown].filter((word) => !word.startsWith('-'))
  try {
    const program = await createProgram(findInstallation().version, words)
    if (given.length === 0) program.outputHelp()
    else await program.parseAsync(given, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return
    const told = error instanceof CommanderError ? toUsageError(error, words) : toMachineFault(error)
    const text = `${formatError(told, json)}\n`
    if (json) process.stdout.write(text)
    else process.stderr.write(text)
    process.exitCode = exitCodeOf(told)
  }
}

/** What commander says, as an error like every other: its suggestion becomes the hint. */
function toUsageError(error: CommanderError, words: readonly string[]): MillraceError {
  const [message, suggestion] = error.message.replace(/^error: /, '').split('\n(')
  const known = commandNamed(words)?.name
  const group = Object.hasOwn(GROUPS, words[0] ?? '') ? words[0] : undefined
  const help = ['millrace', known ?? group ?? '', '--help'].filter((word) => word !== '').join(' ')
  const tells = known === undefined ? 'lists the commands' : 'lists its arguments and options'
  const nearest = suggestion?.replace(/^Did you mean (.*)\?\)$/s, 'did you mean `$1`? ')
  return new MillraceError({
    code: 'USAGE',
    message: error.code === 'commander.help' ? `${group ?? 'millrace'} needs a command` : message,
    hint: `${nearest ?? ''}\`${help}\` ${tells}`,
  })
}
