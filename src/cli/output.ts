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

/** Whoever reads stdout may stop reading (`| head`): that ends the command quietly. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit()
      throw error
    })
  }
}
