import { toMachineFault } from '../base/machine-fault.ts'
import { EXIT } from './exit-codes.ts'
import { formatError } from './report-error.ts'

/** Results go to stdout: one text, or with `--json` one document. */
export function print(lines: string | readonly string[]): void {
  const text = typeof lines === 'string' ? lines : lines.join('\n')
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** What a person is told while waiting goes to stderr, so that results can be piped on. */
export function tell(lines: string | readonly string[]): void {
  const text = typeof lines === 'string' ? lines : lines.join('\n')
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** A number that JSON cannot spell (NaN, no value) is null. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/**
 * Whoever reads stdout may stop reading (`| head`): that ends the command quietly. A place that takes no more
 * (`> file` on a full disk) ends it as a fault of the machine.
 */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit()
      if (stream === process.stdout) process.stderr.write(`${formatError(toMachineFault(error), false)}\n`)
      process.exit(EXIT.failed)
    })
  }
}
