const encoder = new TextEncoder();

/** A line on standard output. */
export function print(line: string): void {
  printLines([line]);
}

/** Lines on standard output, in one piece: to write each by itself takes longer than to make it. */
export function printLines(lines: readonly string[]): void {
  if (lines.length === 0) return;
  let bytes = encoder.encode(`${lines.join("\n")}\n`);
  // A pipe may take a part.
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}

/** A line on standard error. */
export function printError(line: string): void {
  Deno.stderr.writeSync(encoder.encode(`${line}\n`));
}
