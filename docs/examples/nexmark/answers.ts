/** What the queries must say, by looking at all events at once: nothing of them is the engine's. */
import type { Auction, Bid, NexmarkEvent, Person } from "./events.ts";

/** Events by their kind. */
export interface Events {
  readonly people: readonly Person[];
  readonly auctions: readonly Auction[];
  readonly bids: readonly Bid[];
}

/** True for an event that came too late, for the window that starts then where one is asked for. */
export type IsLate = (event: { readonly atMs: number }, startMs?: number) => boolean;

/** A query's values, of a table as `[key, value]`. */
export interface Answer {
  readonly values: readonly unknown[];
  /** Pairs that it may lack, as one of the two came too late for the other. */
  readonly maybe?: readonly unknown[];
}

/** The whole answer to a query. */
export type Answering = (events: Events, isLate?: IsLate) => Answer;

/** Sorts events out. */
export function eventsOf(all: readonly NexmarkEvent[]): Events {
  return {
    people: all.flatMap((it): Person[] => it.topic === "people" ? [it.value] : []),
    auctions: all.flatMap((it): Auction[] => it.topic === "auctions" ? [it.value] : []),
    bids: all.flatMap((it): Bid[] => it.topic === "bids" ? [it.value] : []),
  };
}

const sizeMs = 10_000;
const window = (atMs: number, lengthMs = sizeMs) => Math.floor(atMs / lengthMs) * lengthMs;
const never: IsLate = () => false;

/** What auctions that have ended were sold for. */
const sales: Answering = ({ people, auctions, bids }) => {
  const endMs = Math.max(...[...people, ...auctions, ...bids].map(({ atMs }) => atMs));
  const values = auctions.filter(({ expiresMs }) => expiresMs <= endMs).flatMap((auction) => {
    const offers = bids.filter((bid) =>
      bid.auction === auction.id && bid.atMs >= auction.atMs && bid.atMs < auction.expiresMs
    ).map(({ price }) => price);
    const { id, category } = auction;
    return offers.length === 0 ? [] : [{ auction: id, category, price: Math.max(...offers) }];
  });
  return { values };
};

/** By query. */
export const answers: Readonly<Record<string, Answering>> = {
  q0: ({ bids }) => ({ values: bids }),
  q1: ({ bids }) => ({ values: bids.map((bid) => ({ ...bid, price: bid.price * 0.908 })) }),
  q2: ({ bids }) => ({
    values: bids.filter(({ auction }) => auction % 123 === 0)
      .map(({ auction, price }) => ({ auction, price })),
  }),
  q3: ({ people, auctions }) => ({
    values: auctions.filter(({ category }) => category === 10).flatMap((auction) =>
      people.filter(({ id, state }) => id === auction.seller && ["OR", "ID", "CA"].includes(state))
        .map(({ name, city, state }) => ({ name, city, state, auction: auction.id }))
    ),
  }),
  winningBids: sales,
  /** Means, whose last digits depend on the order, to nine digits. */
  q4: (events) => {
    const sold = sales(events).values as readonly { category: number; price: number }[];
    const byCategory = Map.groupBy(sold, ({ category }) => String(category));
    const values = [...byCategory].map(([category, all]) => {
      const mean = all.reduce((sum, { price }) => sum + price, 0) / all.length;
      return [category, { price: Number(mean.toPrecision(9)) }];
    });
    return { values };
  },
  q5: ({ bids }, isLate = never) => {
    const counts = counted(
      bids.flatMap((bid) =>
        [0, 1, 2, 3, 4].map((back) => window(bid.atMs, 2_000) - 2_000 * back)
          .filter((startMs) => !isLate(bid, startMs))
          .map((startMs) => `${startMs} ${bid.auction}`)
      ),
    );
    const byStart = Map.groupBy(counts, ([name]) => name.split(" ")[0] ?? "");
    const values = [...byStart].map(([start, all]) => {
      const most = Math.max(...all.map(([, count]) => count));
      const hottest = all.filter(([, count]) => count === most).map(([name, bids]) => ({
        ...{ auction: Number(name.split(" ")[1]), startMs: Number(start), bids },
      }));
      return [start, hottest.sort((one, other) => one.auction - other.auction)];
    });
    return { values };
  },
  q7: ({ bids }, isLate = never) => {
    const byWindow = Map.groupBy(inTime(bids, isLate), ({ atMs }) => window(atMs));
    const values = [...byWindow].map(([startMs, all]) => [
      JSON.stringify(["all", startMs, startMs + sizeMs]),
      all.reduce((one, other) => other.price > one.price ? other : one),
    ]);
    return { values };
  },
  q8: ({ people, auctions }, isLate = never) => {
    const pairs = people.flatMap((person) =>
      auctions.filter((it) => it.seller === person.id && window(it.atMs) === window(person.atMs))
        .map((auction) => {
          const { id, name } = person;
          const late = isLate(person) || isLate(auction);
          return { late, value: { id, name, reserve: auction.reserve } };
        })
    );
    const { true: maybe = [], false: sure = [] } = Object.groupBy(pairs, ({ late }) => `${late}`);
    const valuesOf = (some: typeof pairs) => some.map(({ value }) => value);
    return { values: valuesOf(sure), maybe: valuesOf(maybe) };
  },
  q11: ({ bids }, isLate = never) => {
    const byBidder = Map.groupBy(inTime(bids, isLate), ({ bidder }) => String(bidder));
    const values = [...byBidder].flatMap(([bidder, all]) => {
      const begins = all.filter(({ atMs }, at) =>
        at === 0 || atMs - (all[at - 1]?.atMs ?? 0) >= sizeMs
      );
      return begins.map(({ atMs: start }, at) => {
        const endMs = begins[at + 1]?.atMs ?? Infinity;
        const bids = all.filter(({ atMs }) => atMs >= start && atMs < endMs).length;
        return [JSON.stringify([bidder, start]), { bids }];
      });
    });
    return { values };
  },
  q12: ({ bids }, isLate = never) => {
    const names = inTime(bids, isLate).map(({ bidder, atMs }) =>
      JSON.stringify([String(bidder), window(atMs), window(atMs) + sizeMs])
    );
    return { values: [...counted(names)] };
  },
};

/** Those that are in their window. */
function inTime(bids: readonly Bid[], isLate: IsLate): Bid[] {
  return bids.filter((bid) => !isLate(bid));
}

/** How many there are of each. */
function counted(names: readonly string[]): Map<string, number> {
  return new Map([...Map.groupBy(names, (it) => it)].map(([name, all]) => [name, all.length]));
}

/** A record of a query's topic. */
export interface QueryRecord {
  readonly key: string;
  readonly value: unknown;
}

/** Queries whose last record of a key stands for all. */
const tables = ["q4", "q5", "q7", "q11", "q12"];

/** What a query has said, as `answers` has it. */
export function saidBy(query: string, records: readonly QueryRecord[]): readonly unknown[] {
  if (!tables.includes(query)) return records.map(({ value }) => value);
  const latest = new Map(records.map(({ key, value }) => [key, value]));
  return [...latest].filter(([, value]) => value !== null).map(([key, value]) => [
    key,
    query === "q4" ? rounded(value as { readonly price: number }) : inOrder(value),
  ]);
}

function rounded({ price }: { readonly price: number }): unknown {
  return { price: Number(price.toPrecision(9)) };
}

function inOrder(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.toSorted((one, other) => one.auction - other.auction);
}

/** How two lists differ whose order means nothing; empty where they do not. */
export function differences(said: readonly unknown[], { values, maybe = [] }: Answer): string[] {
  const left = new Map<string, number>();
  for (const value of said) {
    const text = JSON.stringify(value);
    left.set(text, (left.get(text) ?? 0) + 1);
  }
  const takes = (value: unknown) => {
    const text = JSON.stringify(value);
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count > 0;
  };
  const lacking = values.filter((value) => !takes(value));
  for (const value of maybe) takes(value);
  const tooMany = [...left].filter(([, count]) => count > 0);
  return [
    ...lacking.map((value) => `lacks ${JSON.stringify(value)}`),
    ...tooMany.map(([text, count]) => `has ${count} too many of ${text}`),
  ];
}
