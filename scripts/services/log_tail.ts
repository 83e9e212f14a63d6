const MAX_TAIL_BYTES = 65_536;

/** The last lines of a log file, indented; a word instead if there is none. */
export function lastLines(file: string, count: number): string {
  const lines = readTail(file).trimEnd().split("\n").slice(-count);
  return lines.map((line) => `  ${line}`).join("\n");
}

function readTail(file: string): string {
  try {
    using log = Deno.openSync(file);
    const { size } = log.statSync();
    log.seekSync(Math.max(0, size - MAX_TAIL_BYTES), Deno.SeekMode.Start);
    const bytes = new Uint8Array(Math.min(size, MAX_TAIL_BYTES));
    return new TextDecoder().decode(bytes.subarray(0, log.readSync(bytes) ?? 0)) || "(empty)";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "(no log)";
    throw error;
  }
}
