const encoder = new TextEncoder();

/** A line on standard output. */
export function print(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}

/** A line on standard error. */
export function printError(line: string): void {
  Deno.stderr.writeSync(encoder.encode(`${line}\n`));
}
