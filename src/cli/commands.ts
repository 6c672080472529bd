import type { Command } from 'commander'

/** Adds a command's options and what it does to the command that has its name. */
export type SetUp = (command: Command) => void

/** A command as the list of commands shows it; its own file is loaded when it is asked for. */
export interface CommandEntry {
  /** `run`, or `store prune` for a command of a group. */
  readonly name: string
  readonly arguments: string
  readonly summary: string
  readonly load: () => Promise<SetUp>
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'run', arguments: '<experiment>',
    summary: 'run an experiment; what is stored already is not made again',
    load: async () => (await import('./run.ts')).runCommand,
  },
  {
    name: 'plan', arguments: '<experiment>',
    summary: 'what a run would do: cached, to run, combinations, memory, disk',
    load: async () => (await import('./plan.ts')).planCommand,
  },
  {
    name: 'top', arguments: '<run>',
    summary: 'the best portfolios of a run by any metric',
    load: async () => (await import('./top.ts')).topCommand,
  },
  {
    name: 'runs', arguments: '',
    summary: 'every run, newest first',
    load: async () => (await import('./runs.ts')).runsCommand,
  },
  {
    name: 'explain', arguments: '<run> <order>',
    summary: 'one order, from features over signals and risk to its fills',
    load: async () => (await import('./explain.ts')).explainCommand,
  },
  {
    name: 'replay', arguments: '<run> <portfolio>',
    summary: 'all orders, fills and equity of a portfolio, made again exactly',
    load: async () => (await import('./replay.ts')).replayCommand,
  },
  {
    name: 'signals', arguments: '<run> [names...]',
    summary: 'the signals between stages: list them, or show, export values',
    load: async () => (await import('./signals.ts')).signalsCommand,
  },
  {
    name: 'decisions', arguments: '<run> [names...]',
    summary: 'what risk models decided: list, show, export',
    load: async () => (await import('./decisions.ts')).decisionsCommand,
  },
  {
    name: 'features', arguments: '<run> [expressions...]',
    summary: 'feature panels: list, show, export',
    load: async () => (await import('./features.ts')).featuresCommand,
  },
  {
    name: 'sql', arguments: '<run> [query]',
    summary: 'one SELECT over every ledger and panel of a run',
    load: async () => (await import('./sql.ts')).sqlCommand,
  },
  {
    name: 'data check', arguments: '<files...>',
    summary: 'a quality report on CSV files: what would not load, and what looks odd',
    load: async () => (await import('./data-check.ts')).dataCheckCommand,
  },
  {
    name: 'schema', arguments: '',
    summary: 'JSON Schema of the experiment file, for editors',
    load: async () => (await import('./schema.ts')).schemaCommand,
  },
  {
    name: 'store usage', arguments: '',
    summary: 'what the store holds, by kind',
    load: async () => (await import('./store-usage.ts')).storeUsageCommand,
  },
  {
    name: 'store prune', arguments: '',
    summary: 'remove what no recent run names',
    load: async () => (await import('./store-prune.ts')).storePruneCommand,
  },
]
