import { TextLineStream } from "./lines.ts";

/** A trade as the feed writes it. */
export interface FeedTrade {
  /** Symbol, price, time (epoch ms), volume. */
  readonly s: string;
  readonly p: number;
  readonly t: number;
  readonly v: number;
  /** Condition codes. */
  readonly c?: readonly string[] | null;
}

/** The trades of recorded frames, in order; a file whose name ends in `.gz` is unpacked. */
export async function* tradesOf(path: string): AsyncIterable<FeedTrade> {
  for await (const line of linesOf(path)) {
    if (line === "") continue;
    const frame = JSON.parse(line);
    if (frame.type === "trade") yield* frame.data as FeedTrade[];
  }
}

/** The lines of a text file; a file whose name ends in `.gz` is unpacked. */
export async function* linesOf(path: string): AsyncIterable<string> {
  const { readable } = await Deno.open(path);
  const bytes = path.endsWith(".gz")
    ? readable.pipeThrough(new DecompressionStream("gzip"))
    : readable;
  yield* bytes.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
}
