/** Values of changelogs and of local stores. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { InvariantError } from "../../src/base/assert.ts";
import { PipelineError } from "../../src/base/errors.ts";
import { openValue, sealValue } from "../../src/level/checked_value.ts";
import { type Codec, decodeState } from "../../src/streams/topology/codec.ts";
import { everyInputIsSurvived, mutatedBytes, pick } from "../support/fuzz.ts";
import { marketDriver, marketStartMs } from "../support/market_driver.ts";
import {
  decodePlainKeyRow,
  encodePlainKeyRow,
  type PlainKeyRow,
} from "../support/plain_key_row.ts";
import { tradeWith } from "../support/trade_codecs.ts";

/** A value and what reads it. */
interface Stored {
  readonly codec: Codec<unknown>;
  readonly bytes: Uint8Array;
}

/** The engine's own, without its windows decoded. */
const keyRow: Codec<PlainKeyRow> = { encode: encodePlainKeyRow, decode: decodePlainKeyRow };

/** What a run of the market job left in its changelog. */
async function storedValues(): Promise<Stored[]> {
  await using market = await marketDriver();
  const { driver, codec, state } = market;
  for (const symbol of ["A", "B"]) {
    const trade = tradeWith({ symbol, eventTimeMs: marketStartMs });
    await driver.pipe({ key: symbol, value: codec.encode([trade]) });
  }
  await driver.commit();
  return driver.changelog.flatMap(({ key, value }) => {
    const tag = String.fromCharCode(key?.[0] ?? 0);
    const codec = tag === "m" ? state.meta : tag === "k" ? keyRow : state.windowState;
    return value === null ? [] : [{ codec: codec as Codec<unknown>, bytes: value }];
  });
}

const values = await storedValues();
const meta = values.at(-1)?.bytes ?? new Uint8Array();

everyInputIsSurvived<Stored>({
  name: "values of the changelog",
  together: 10_000,
  draw(random) {
    const { codec, bytes } = pick(values, random);
    return { codec, bytes: mutatedBytes(bytes, random) };
  },
  take(inputs) {
    const before = values.map(({ codec, bytes }) => decodeState(codec, bytes));
    for (const [index, { codec, bytes }] of inputs.entries()) {
      assertNamed(() => decodeState(codec, bytes), "STATE_UNREADABLE");
      const next = values[index % values.length] as Stored;
      assert.deepEqual(decodeState(next.codec, next.bytes), before[index % values.length]);
    }
  },
  show: ({ bytes }) => Buffer.from(bytes).toString("hex"),
});

const key = new Uint8Array([0x6b, 0x41]);
const sealed = sealValue(key, meta);

everyInputIsSurvived<Uint8Array>({
  name: "values of the local store",
  together: 10_000,
  draw: (random) => mutatedBytes(sealed, random),
  take(inputs) {
    for (const bytes of inputs) {
      const isSame = Buffer.from(bytes).equals(sealed);
      let opened = false;
      assertNamed(() => {
        openValue(key, bytes);
        opened = true;
      }, "STORE_CORRUPT");
      assert.equal(opened, isSame, "damage is noticed");
      assert.ok(Buffer.from(openValue(key, sealed)).equals(meta));
    }
  },
  show: (bytes) => Buffer.from(bytes).toString("hex"),
});

/** Refused by name, so that the task knows what to do, or not at all. */
function assertNamed(work: () => unknown, code: string): void {
  try {
    work();
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    if (!(error instanceof PipelineError && error.code === code)) throw error;
  }
}
