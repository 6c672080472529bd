import { Command, CommanderError } from 'commander'
import { MillraceError } from '../base/errors.ts'
import { COMMANDS } from './commands.ts'
import { EXIT } from './exit-codes.ts'
import { findInstallation } from './installation.ts'
import { endWithReader } from './output.ts'
import { exitCodeOf, formatError } from './report-error.ts'

const GROUPS: Readonly<Record<string, string>> = { data: 'look at market data', store: 'look after stored results' }

/** The program with every command listed; only the one that `words` name is loaded. */
async function createProgram(words: readonly string[]): Promise<Command> {
  const program = new Command('millrace')
    .description('Thousands of portfolios over rules and models, one experiment file, every order explained')
    .version(findInstallation().version)
    .option('--store <folder>', 'folder of artefacts and runs (default: .millrace in the current folder)')
    .option('--json', 'print one JSON document instead of text')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeErr: () => undefined })
    .addHelpText('after', '\nRUN is the id of a run, its unique beginning, or latest.\nmillrace <command> --help tells more about a command.')
    .exitOverride()
  const groups = new Map<string, Command>()
  for (const entry of COMMANDS) {
    const [first, second] = entry.name.split(' ')
    const parent = second === undefined ? program : (groups.get(first) ?? program.command(first).description(GROUPS[first]))
    if (second !== undefined) groups.set(first, parent)
    const command = parent.command(`${second ?? first} ${entry.arguments}`.trim()).description(entry.summary)
    if (entry.name.split(' ').every((word, index) => words[index] === word)) (await entry.load())(command)
  }
  return program
}

async function main(): Promise<void> {
  endWithReader()
  const given = process.argv.slice(2)
  const json = given.includes('--json')
  const globals = new Command().option('--store <folder>').option('--json').parseOptions(given)
  const words = [...globals.operands, ...globals.unknown].filter((word) => !word.startsWith('-'))
  const program = await createProgram(words)
  try {
    if (given.length === 0) program.outputHelp()
    else await program.parseAsync()
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return
    const told = error instanceof CommanderError ? toUsageError(error, program, words) : toMachineFault(error)
    const text = `${formatError(told, json)}\n`
    if (json) process.stdout.write(text)
    else process.stderr.write(text)
    process.exitCode = exitCodeOf(told)
  }
}

/** What the operating system refuses (no space, no permission, no such folder) is no bug of Millrace. */
function toMachineFault(error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error
  const where = 'path' in error ? String(error.path) : undefined
  return new MillraceError({ code: 'MACHINE_FAULT', message: `the system refused it: ${error.message}`, where, hint: 'look at permissions and free space of that place' })
}

/** What commander says, as an error like every other: its suggestion becomes the hint. */
function toUsageError(error: CommanderError, program: Command, words: readonly string[]): MillraceError {
  const [message, suggestion] = error.message.replace(/^error: /, '').split('\n(')
  const known = COMMANDS.find((entry) => entry.name.split(' ').every((word, index) => words[index] === word))?.name
  const group = Object.hasOwn(GROUPS, words[0] ?? '') ? words[0] : undefined
  const help = [program.name(), known ?? group ?? '', '--help'].filter((word) => word !== '').join(' ')
  const tells = known === undefined ? 'lists the commands' : 'lists its arguments and options'
  const nearest = suggestion?.replace(/^Did you mean (.*)\?\)$/s, 'did you mean `$1`? ')
  return new MillraceError({
    code: 'USAGE',
    message: error.code === 'commander.help' ? `${group ?? program.name()} needs a command` : message,
    hint: `${nearest ?? ''}\`${help}\` ${tells}`,
  })
}

await main()
process.exitCode ??= EXIT.success
