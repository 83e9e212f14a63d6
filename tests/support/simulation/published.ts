import type { LogRecord } from "../../../src/streams/record.ts";
import type { PieceName } from "./history.ts";

/** What one partition of the results' topic says, folded as a reader would that takes all of it. */
export class PublishedResults {
  readonly #latest = new Map<PieceName, string>();
  /** The first record that says what the one before it of the same key says. */
  repeated: string | undefined;

  add(record: LogRecord): void {
    const { name, text } = resultOf(record);
    if (this.#latest.get(name) === text) this.repeated ??= `${name}: ${text}`;
    this.#latest.set(name, text);
  }

  /** The first piece of state that the topic does not have as it is; what is gone may remain. */
  missing(
    state: ReadonlyMap<PieceName, string>,
    { finalOnly, wholeFromMs }: { readonly finalOnly: boolean; readonly wholeFromMs: number },
  ): string | undefined {
    for (const [name, text] of state) {
      const [kind = "", , start] = name.split(" ");
      if (kind === "meta" || kind === "key" || kind === "stored" || Number(start) < wholeFromMs) {
        continue;
      }
      const [, , final, , timestampMs, , withdrawn] = text.split(" ");
      if (finalOnly && (final === "false" || withdrawn === "true")) continue;
      const expected = withdrawn === "true" ? `withdrawn ${timestampMs}` : text;
      const published = this.#latest.get(name);
      if (published !== expected) return `${name}: ${published}, not ${text}`;
    }
    return undefined;
  }
}

/** A record in the model's words. */
function resultOf(
  { key, value, timestampMs, headers }: LogRecord,
): { readonly name: PieceName; readonly text: string } {
  const [place, total, final] = [key, value, headers["final"]].map((bytes) =>
    new TextDecoder().decode(bytes ?? new Uint8Array())
  );
  if (value === null) {
    const [of, startMs] = JSON.parse(place ?? "");
    return { name: `window ${of} ${startMs}`, text: `withdrawn ${timestampMs}` };
  }
  const { count, sum, versionUs } = JSON.parse(total ?? "");
  const text = `${count} ${sum} ${final === "true"} ${versionUs} ${timestampMs}`;
  if (final === "") return { name: `window ${place} 0`, text };
  const [of, startMs, endMs] = JSON.parse(place ?? "");
  if (endMs === undefined) {
    const { gapMs } = JSON.parse(total ?? "");
    const lastMs = Number(new TextDecoder().decode(headers["window-end"])) - gapMs;
    return { name: `window ${of} ${startMs}`, text: `${text} ${lastMs - startMs} false` };
  }
  const sizeMs = endMs - startMs;
  return { name: `${sizeMs === 10_000 ? "window" : `roll-up/${sizeMs}`} ${of} ${startMs}`, text };
}
