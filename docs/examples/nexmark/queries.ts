/** Queries of the Nexmark benchmark as jobs. The topics `people`, `auctions` and `bids` are JSON. */
import {
  count,
  type Either,
  hopping,
  type Job,
  job,
  json,
  type KeyedStream,
  mean,
  merge,
  session,
  stream,
  type TimedStream,
  tumbling,
  within,
} from "@finhub/streams";
import type { Auction, Bid, Person } from "./events.ts";

const people = stream("people", json<Person>());
const auctions = stream("auctions", json<Auction>());
const bids: TimedStream<Bid> = stream("bids", json<Bid>()).timestamp(({ atMs }) => atMs);

/** Every bid as it is. */
export const q0: Job<Bid, never> = job("nexmark-q0").to("q0", bids);

/** Every bid in euros. */
export const q1: Job<Bid, never> = job("nexmark-q1").to(
  "q1",
  stream("bids", json<Bid>()).map((bid) => ({ ...bid, price: bid.price * 0.908 })),
);

/** Bids for some auctions. */
export const q2: Job<Pick<Bid, "auction" | "price">, never> = job("nexmark-q2").to(
  "q2",
  stream("bids", json<Bid>())
    .filter(({ auction }) => auction % 123 === 0)
    .map(({ auction, price }) => ({ auction, price })),
);

/** Who sells something of category 10 in three states, whenever either came. */
export const q3: Job<Either<Person, Auction>, never> = job("nexmark-q3").to(
  "q3",
  merge<Either<Person, Auction>>(
    people.map((left) => ({ left })),
    auctions.map((right) => ({ right })),
  )
    .filter((it) => "left" in it ? /^(OR|ID|CA)$/.test(it.left.state) : it.right.category === 10)
    .keyBy((it) => String("left" in it ? it.left.id : it.right.seller))
    .process("sellers", { seller: json<Person>(), waiting: json<readonly number[]>() }, {
      process(it, { stores: { seller, waiting } }) {
        const person = "left" in it ? it.left : seller.get();
        const sold = "left" in it ? waiting.get() ?? [] : [it.right.id];
        if ("left" in it) seller.put(it.left);
        if (person === undefined) waiting.put([...waiting.get() ?? [], ...sold]);
        else waiting.delete();
        const { name, city, state } = person ?? {};
        return person === undefined ? [] : sold.map((auction) => ({ name, city, state, auction }));
      },
    }),
);

/** What an auction was sold for. */
export interface Sale {
  readonly auction: number;
  readonly category: number;
  readonly price: number;
}

/** The greatest bid of each auction, when it has ended: those that came before it count, too. */
export const winningBids: Job<Either<Auction, Bid>, never> = job("nexmark-winning-bids").to(
  "winning-bids",
  merge<Either<Auction, Bid>>(
    auctions.map((left) => ({ left })),
    stream("bids", json<Bid>()).map((right) => ({ right })),
  )
    .timestamp((it) => "left" in it ? it.left.atMs : it.right.atMs)
    .keyBy((it) => String("left" in it ? it.left.id : it.right.auction))
    .process("auctions", { auction: json<Auction>(), best: json<number>() }, {
      process(it, { stores: { auction, best }, schedule }) {
        if ("left" in it) {
          auction.put(it.left);
          schedule(it.left.expiresMs);
        } else if (it.right.atMs < (auction.get()?.expiresMs ?? 0)) {
          best.put(Math.max(best.get() ?? 0, it.right.price));
        }
        return [];
      },
      punctuate(_timeMs, { stores: { auction, best } }): readonly Sale[] {
        const [ended, price] = [auction.get(), best.get()];
        auction.delete();
        best.delete();
        if (ended === undefined || price === undefined) return [];
        return [{ auction: ended.id, category: ended.category, price }];
      },
    }),
);

/** What auctions of a category are sold for on average. */
export const q4: Job<Sale, { readonly price: number }> = job("nexmark-q4").to(
  "q4",
  stream("winning-bids", json<Sale>())
    .keyBy(({ category }) => String(category))
    .aggregate("prices", { price: mean(({ price }) => price) }),
);

/** How many bids an auction has had in a window. */
export interface Heat {
  readonly auction: number;
  readonly startMs: number;
  readonly bids: number;
}

/** How many bids each auction has had in the last ten seconds, every two seconds. */
export const heats: Job<Bid, number> = (() => {
  const counts = bids.keyBy(({ auction }) => String(auction))
    .window(hopping("10s", { advance: "2s" }))
    .count("heats");
  const heat = counts.map(({ key, startMs, value }): Heat => ({
    ...{ auction: Number(key), startMs, bids: value },
  }));
  return job("nexmark-heats").to("heats", heat);
})();

/** The auctions with the most bids of a window; counts grow, so that the latest is the truth. */
export const q5: Job<Heat, readonly Heat[]> = job("nexmark-q5").to(
  "q5",
  stream("heats", json<Heat>())
    .keyBy(({ startMs }) => String(startMs))
    .aggregate("hottest", {
      initial: (): readonly Heat[] => [],
      add(hottest, heat) {
        const [{ bids = 0 } = {}] = hottest;
        if (heat.bids < bids) return hottest;
        const others = hottest.filter(({ auction }) => auction !== heat.auction);
        return heat.bids > bids ? [heat] : [...others, heat];
      },
    }),
);

/** The greatest bid of every ten seconds. */
export const q7: Job<Bid, Bid> = (() => {
  const greatest = bids.keyBy(() => "all")
    .window(tumbling("10s"))
    .reduce("greatest", (one, other) => other.price > one.price ? other : one);
  return job("nexmark-q7").to("q7", greatest);
})();

/** Who has registered and put something up for sale in the same ten seconds. */
export const q8: Job<Either<Person, Auction>, never> = (() => {
  const windowOf = (atMs: number) => Math.floor(atMs / 10_000);
  const registered: KeyedStream<Person> = people.timestamp(({ atMs }) => atMs)
    .keyBy(({ id }) => String(id));
  const offered: KeyedStream<Auction> = auctions.timestamp(({ atMs }) => atMs)
    .keyBy(({ seller }) => String(seller));
  const together = registered.join("new", offered, within("10s"), (person, auction) => ({
    ...{ id: person.id, name: person.name, reserve: auction.reserve },
    isNew: windowOf(person.atMs) === windowOf(auction.atMs),
  }));
  const sellers = together.filter(({ isNew }) => isNew)
    .map(({ id, name, reserve }) => ({ id, name, reserve }));
  return job("nexmark-q8").to("q8", sellers);
})();

/** How many bids someone has made without a pause of ten seconds. */
export const q11: Job<Bid, { readonly bids: number }> = job("nexmark-q11").to(
  "q11",
  bids.keyBy(({ bidder }) => String(bidder))
    .window(session("10s"))
    .aggregate("sessions", { bids: count() }),
);

/** How many bids of someone have arrived in every ten seconds, by the clock of the log. */
export const q12: Job<Bid, number> = job("nexmark-q12").to(
  "q12",
  stream("bids", json<Bid>()).keyBy(({ bidder }) => String(bidder))
    .window(tumbling("10s"))
    .count("arrivals"),
);
