/**
 * The events of the Nexmark benchmark: people, their auctions, and bids, of every fifty events one,
 * three and forty-six. The distributions are those of its generator in Apache Beam.
 *
 * @see https://github.com/apache/beam NexmarkUtils, GeneratorConfig, AuctionGenerator, BidGenerator
 */

/** Someone who can sell and bid. */
export interface Person {
  readonly id: number;
  readonly name: string;
  readonly city: string;
  readonly state: string;
  /** Epoch ms. */
  readonly atMs: number;
}

/** Something for sale. */
export interface Auction {
  readonly id: number;
  readonly category: number;
  /** Id of a person. */
  readonly seller: number;
  readonly initialBid: number;
  readonly reserve: number;
  /** Epoch ms. */
  readonly atMs: number;
  /** When it ends, epoch ms: bids from then on are too late. */
  readonly expiresMs: number;
}

/** An offer. */
export interface Bid {
  /** Id of an auction. */
  readonly auction: number;
  /** Id of a person. */
  readonly bidder: number;
  /** In cents of a dollar. */
  readonly price: number;
  /** Epoch ms. */
  readonly atMs: number;
}

/** An event, with the topic that it is for. */
export type NexmarkEvent =
  | { readonly topic: "people"; readonly value: Person }
  | { readonly topic: "auctions"; readonly value: Auction }
  | { readonly topic: "bids"; readonly value: Bid };

const [peopleOf50, auctionsOf50, eventsPerEpoch] = [1, 3, 50];
const firstId = 1_000;
const [firstCategory, categories] = [10, 5];
/** People who are active, and how far ids may be ahead of those that exist. */
const [activePeople, lead] = [1_000, 10];
const auctionsInFlight = 100;
/** One id of so many is the hot one; all but one of so many events are of it. */
const hotEvery = 100;
const [hotAuctionRatio, hotSellerRatio, hotBidderRatio] = [2, 4, 4];

const names = [
  "Peter",
  "Paul",
  "Luke",
  "John",
  "Saul",
  "Vicky",
  "Kate",
  "Julie",
  "Sarah",
  "Deiter",
];
const surnames = ["Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones"];
const cities = ["Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Kent"];
const states = ["AZ", "CA", "ID", "OR", "WA", "WY"];

/**
 * Draws events, in the order of their times.
 *
 * @param options.count How many.
 * @param options.startMs Time of the first, epoch ms.
 * @param options.perSecond Events of a second of event time, evenly.
 * @param options.next A number in `[0, 1)`: the same ones make the same events.
 */
export function* nexmarkEvents(
  { count, startMs, perSecond, next }: {
    readonly count: number;
    readonly startMs: number;
    readonly perSecond: number;
    readonly next: () => number;
  },
): Generator<NexmarkEvent> {
  const below = (end: number) => Math.floor(next() * end);
  const pick = <T>(from: readonly T[]) => from[below(from.length)] as T;
  const price = () => Math.round(10 ** (next() * 6) * 100);
  const timeOf = (event: number) => startMs + Math.floor(event * 1_000 / perSecond);
  const anyone = (people: number) => {
    const active = Math.min(people, activePeople);
    return firstId + people - active + below(active + lead);
  };
  for (let event = 0; event < count; event++) {
    const atMs = timeOf(event);
    const [epoch, place] = [Math.floor(event / eventsPerEpoch), event % eventsPerEpoch];
    const lastPerson = epoch;
    const lastAuction = epoch * auctionsOf50 +
      Math.min(place - peopleOf50, auctionsOf50 - 1);
    if (place < peopleOf50) {
      const value = {
        id: firstId + lastPerson,
        name: `${pick(names)} ${pick(surnames)}`,
        ...{ city: pick(cities), state: pick(states), atMs },
      };
      yield { topic: "people", value };
    } else if (place < peopleOf50 + auctionsOf50) {
      const isHot = below(hotSellerRatio) > 0;
      const seller = isHot
        ? firstId + Math.floor(lastPerson / hotEvery) * hotEvery
        : anyone(lastPerson + 1);
      const ahead = Math.floor(auctionsInFlight * eventsPerEpoch / auctionsOf50);
      const horizonMs = timeOf(event + ahead) - atMs;
      const initialBid = price();
      const value = {
        ...{ id: firstId + lastAuction, category: firstCategory + below(categories), seller },
        ...{ initialBid, reserve: initialBid + price(), atMs },
        expiresMs: atMs + 1 + below(Math.max(horizonMs * 2, 1)),
      };
      yield { topic: "auctions", value };
    } else {
      const first = Math.max(lastAuction - auctionsInFlight, 0);
      const auction = below(hotAuctionRatio) > 0
        ? Math.floor(lastAuction / hotEvery) * hotEvery
        : first + below(lastAuction - first + 1 + lead);
      const bidder = below(hotBidderRatio) > 0
        ? firstId + Math.floor(lastPerson / hotEvery) * hotEvery + 1
        : anyone(lastPerson + 1);
      yield { topic: "bids", value: { auction: firstId + auction, bidder, price: price(), atMs } };
    }
  }
}
