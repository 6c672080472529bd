import { Command } from 'commander'
import { COMMANDS, type CommandEntry } from './commands.ts'

/** Commands that only hold others. */
export const GROUPS: Readonly<Record<string, string>> = { data: 'look at market data', store: 'look after stored results' }

/** The command that these words begin with. */
export function commandNamed(words: readonly string[]): CommandEntry | undefined {
  return COMMANDS.find((entry) => entry.name.split(' ').every((word, index) => words[index] === word))
}

/** The program with every command listed; only the one that `words` name is loaded. */
export async function createProgram(version: string, words: readonly string[]): Promise<Command> {
  const program = new Command('millrace')
    .description('Thousands of portfolios over rules and models, one experiment file, every order explained')
    .version(version)
    .option('--store <folder>', 'folder of artefacts and runs (default: .millrace in the current folder)')
    .option('--json', 'print one JSON document instead of text')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeErr: () => undefined })
    .addHelpText('after', '\nRUN is the id of a run, its unique beginning, or latest.\nmillrace <command> --help tells more about a command.')
    .exitOverride()
  const wanted = commandNamed(words)
  const groups = new Map<string, Command>()
  for (const entry of COMMANDS) {
    const [first, second] = entry.name.split(' ')
    const parent = second === undefined ? program : (groups.get(first) ?? program.command(first).description(GROUPS[first]))
    if (second !== undefined) groups.set(first, parent)
    const command = parent.command(`${second ?? first} ${entry.arguments}`.trim()).description(entry.summary)
    if (entry === wanted) (await entry.load())(command)
  }
  return program
}
