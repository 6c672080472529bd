import type { Command } from 'commander'
import { experimentJsonSchema } from '../experiment/json-schema.ts'
import { print } from './output.ts'

export function schemaCommand(command: Command): void {
  command
    .addHelpText('after', '\nmillrace schema > experiment.schema.json, then begin the experiment file with\n# yaml-language-server: $schema=./experiment.schema.json')
    .action(() => print(JSON.stringify(experimentJsonSchema(), null, 2)))
}
