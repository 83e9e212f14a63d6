/** What the two sides of Finnhub's protocol send each other besides trades. */
import assert from "node:assert/strict";
import type { Random } from "../../src/base/random.ts";
import { symbolFault } from "../../src/base/symbol.ts";
import { finnhubReconnectPolicy, reconnectStep } from "../../src/feed/reconnect.ts";
import { retryAfterMs } from "../../src/feed/retry_after.ts";
import { Subscriber, symbolLimitDefault } from "../../src/feed/subscriber.ts";
import { errorMessageOf, Subscriptions } from "../../src/feed/subscriptions.ts";
import { everyInputIsSurvived, mutatedJson, mutatedText, pick } from "../support/fuzz.ts";

const requests = [{ type: "subscribe", symbol: "AAPL" }, { type: "unsubscribe", symbol: "AAPL" }];
const ofGood = JSON.stringify({ type: "subscribe", symbol: "GOOD" });

everyInputIsSurvived<string>({
  name: "messages of a feed's client",
  together: symbolLimitDefault - 1,
  draw(random) {
    const text = JSON.stringify(mutatedJson(pick(requests, random), random));
    return random.next() < 0.5 ? mutatedText(text, random) : text;
  },
  take(inputs) {
    const subscriber = new Subscriber({ symbolLimit: symbolLimitDefault });
    for (const message of inputs) {
      const answer = subscriber.receive(message);
      if (answer !== undefined) assert.equal(JSON.parse(answer).type, "error");
      assert.ok([...subscriber.symbols].every((symbol) => symbolFault(symbol) === undefined));
      assert.equal(subscriber.receive(ofGood), undefined);
      assert.ok(subscriber.symbols.has("GOOD"));
    }
  },
  show: (message) => message,
});

const refusals = ["Invalid symbol: AAPL", "Invalid symbol AMZN", "Subscribing to too many symbols"];

everyInputIsSurvived<string>({
  name: "error messages of the feed",
  together: 200,
  draw(random) {
    const message = mutatedText(pick(refusals, random), random);
    const frame = { type: "error", msg: message };
    return JSON.stringify(random.next() < 0.5 ? frame : mutatedJson(frame, random));
  },
  take(inputs) {
    const subscriptions = new Subscriptions(["AAPL", "AMZN"]);
    for (const text of inputs) {
      const message = errorMessageOf(text);
      const notice = message === undefined ? undefined : subscriptions.refused(message);
      assert.ok(JSON.stringify(notice ?? "").length < 2_000, "the notice is short");
      subscriptions.retrying();
      subscriptions.refused("Invalid symbol: AAPL");
      assert.deepEqual(subscriptions.retrying().map((asked) => JSON.parse(asked).symbol), ["AAPL"]);
    }
  },
  show: (text) => text,
});

/** How a server refuses a handshake. */
interface Refused {
  readonly status: number;
  readonly retryAfter: string;
}

const statuses = [0, 101, 200, 301, 400, 429, 500, 502, 503, 999];
const waits = ["120", "Fri, 07 Nov 2036 23:59:59 GMT", "2013-10-07T13:30:00Z", "1e9"];
const nowMs = Date.UTC(2026, 10, 30);
/** A quarter of an hour, and the longest pause of a client by itself, ms. */
const delayMsMax = 15 * 60_000 + 60_000;

everyInputIsSurvived<Refused>({
  name: "answers of the feed to a handshake",
  together: 1_000,
  draw: (random) => ({
    status: pick(statuses, random),
    retryAfter: mutatedText(pick(waits, random), random),
  }),
  take(inputs) {
    for (const [index, { status, retryAfter }] of inputs.entries()) {
      const delayMs = delayOf({ status, retryAfter }, index);
      assert.ok(delayMs >= 0 && delayMs <= delayMsMax, `${delayMs}`);
      assert.equal(delayOf({ status: 503, retryAfter: "5" }, 0), 5_000);
    }
  },
  show: (refused) => JSON.stringify(refused),
});

function delayOf({ status, retryAfter }: Refused, failures: number): number {
  const end = { kind: "refused", status, retryAfterMs: retryAfterMs(retryAfter, nowMs) } as const;
  const random: Random = { next: () => failures === 0 ? 0 : 0.999 };
  const step = reconnectStep({ end, openMs: 0, failures }, finnhubReconnectPolicy, random);
  assert.ok(step.kind === "wait", "no such answer ends the program");
  return step.delayMs;
}
