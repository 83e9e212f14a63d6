import { linesOf } from "./frames.ts";
import { type Results, summarySizeMs } from "./results.ts";

/** Windows exported as JSON lines with the tables' column names; says nothing about trades. */
export function jsonlResults(path: string): Results {
  return {
    windowTables: [{
      name: path,
      sizeMs: summarySizeMs,
      async *rows() {
        for await (const line of linesOf(path)) {
          if (line !== "") yield JSON.parse(line);
        }
      },
    }],
    tradeTables: [],
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
