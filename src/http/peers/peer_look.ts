import { lookedAtMax } from "../viewer.ts";

/** Characters of an address that name symbols: a server takes a request's head of 16 KiB. */
const namesCharsMax = 10_000;

/** Names that may be asked for although no reader looks at them any more. */
const spareMax = 100;

/** What the readers of an instance look at, and so what it asks others for. */
export interface Look {
  /** In full: candles and trades. */
  readonly symbols: ReadonlySet<string>;
  /** At a glance. */
  readonly rows: ReadonlySet<string>;
}

/** Whether a stream that was asked for one look serves another, and carries hardly more. */
export function serves(asked: Look, wanted: Look): boolean {
  const isMuchMore = sizeOf(asked) > 2 * sizeOf(wanted) + spareMax;
  return !isMuchMore && wanted.symbols.isSubsetOf(asked.symbols) &&
    wanted.rows.isSubsetOf(asked.rows);
}

/**
 * A look as parameters of `/api/stream`: all rows where an address cannot name them, and of the
 * symbols in full as many as it can.
 */
export function lookQuery({ symbols, rows }: Look): string {
  const full = named("symbol", symbols, namesCharsMax);
  const rest = named("row", rows, namesCharsMax - full.query.length);
  return full.query + (rest.count < rows.size ? "&rows=all" : rest.query);
}

function sizeOf({ symbols, rows }: Look): number {
  return symbols.size + rows.size;
}

/** As many as fit. */
function named(
  parameter: string,
  symbols: Iterable<string>,
  charsMax: number,
): { readonly query: string; readonly count: number } {
  let [query, count] = ["", 0];
  for (const symbol of symbols) {
    const more = `${query}&${parameter}=${encodeURIComponent(symbol)}`;
    if (more.length > charsMax || count === lookedAtMax) break;
    [query, count] = [more, count + 1];
  }
  return { query, count };
}
