import type { Message } from "./message.ts";
import { parseMessage } from "./parse_frame.ts";
import { recordedFrame } from "./recorded_frame.ts";

/** First bytes of files that people take for recordings. */
const magics: readonly { readonly start: string; readonly kind: string }[] = [
  { start: "PK\x03\x04", kind: "a zip archive: unpack it" },
  { start: "\x28\xb5\x2f\xfd", kind: "packed with zstd: unpack it" },
  { start: "\xfd7zXZ", kind: "packed with xz: unpack it" },
  { start: "BZh", kind: "packed with bzip2: unpack it" },
  { start: "PAR1", kind: "Parquet: write it as JSON lines" },
  { start: "SQLite format 3", kind: "a SQLite database: write it as JSON lines" },
];

/** What is told of a file without a trade. */
interface Seen {
  readonly first: Message | undefined;
  /** Pings and error messages. */
  readonly others: number;
  /** Why the first line is no frame. */
  readonly cause: string | undefined;
}

/**
 * Says what a file without a single trade seems to be, and what to do; `undefined` for one with a
 * trade, be it an impossible one.
 */
export async function foreignKindOf(
  lines: AsyncIterable<Message>,
): Promise<string | undefined> {
  let first: Message | undefined;
  let cause: string | undefined;
  let others = 0;
  for await (const line of lines) {
    if (line.text === "" && line.unreadable === undefined) continue;
    first ??= line;
    const parsed = parseMessage(line.unreadable ? line : recordedFrame(line.text));
    if (parsed.kind === "trades" && parsed.trades.length + parsed.faults.length > 0) return;
    if (parsed.kind === "malformed") cause ??= parsed.cause;
    else others++;
  }
  return kindOf({ first, others, cause });
}

function kindOf({ first, others, cause }: Seen): string {
  if (first === undefined) return "empty";
  if (cause === undefined) return `frames of other kinds, ${others} pings and the like`;
  const start = startOf(first);
  const magic = magics.find((magic) => start.startsWith(magic.start));
  if (magic !== undefined) return magic.kind;
  if (/^(\xff\xfe|\xfe\xff)/.test(start) || start.includes("\0")) {
    return "UTF-16: save it as UTF-8";
  }
  return textKindOf(start.trimStart(), cause);
}

function textKindOf(start: string, cause: string): string {
  if (/^\[?\(?\{?b?'|^[[{(]*'?\w*'?: '/.test(start)) {
    return "what Python prints: write each frame with json.dumps";
  }
  if (start.startsWith("<")) return "a web page or XML: write it as JSON lines";
  if (/^[[{]/.test(start)) {
    return cause === "frame is not JSON"
      ? 'JSON over several lines: put each frame on a line, as with "jq -c"'
      : `JSON of another form, as ${cause}`;
  }
  if (/[,;\t]/.test(start)) return "CSV: write each trade as a frame";
  return `something else, as ${cause}`;
}

/** The first bytes of a line, one character each. */
function startOf({ text, unreadable }: Message): string {
  const bytes = unreadable?.bytes ?? new TextEncoder().encode(text.slice(0, 200));
  return String.fromCharCode(...bytes.subarray(0, 200));
}
