import { Command, CommanderError } from 'commander'
import { EXIT } from './exit-codes.ts'
import { findInstallation } from './installation.ts'
import { exitCodeOf, formatError } from './report-error.ts'
import { runCommand } from './run.ts'

/** Every command, each in the file of its name. */
const COMMANDS: readonly ((program: Command) => void)[] = [runCommand]

async function main(): Promise<void> {
  const program = new Command('millrace')
    .description('Thousands of portfolios over rules and models, one experiment file, every order explained')
    .version(findInstallation().version)
    .option('--store <folder>', 'folder of artefacts and runs (default: .millrace in the current folder)')
    .option('--json', 'print one JSON document instead of text')
    .showHelpAfterError('(millrace --help lists the commands)')
    .exitOverride()
  for (const add of COMMANDS) add(program)
  try {
    await program.parseAsync()
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.success : EXIT.refused
      return
    }
    process.stderr.write(`${formatError(error, program.opts<{ json?: boolean }>().json === true)}\n`)
    process.exitCode = exitCodeOf(error)
  }
}

await main()
