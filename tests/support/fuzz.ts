/**
 * Hostile inputs at one entrance, each followed by a good one that must be processed.
 *
 * The seed is fixed, as in `properties.ts`; `deno task dev test:fresh-seeds --runs N` draws another, and
 * more inputs where N is greater.
 */
import { parseArgs } from "node:util";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { say } from "./say.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: { seed: { type: "string" }, runs: { type: "string" } },
  strict: false,
});

const seed = Number(values.seed ?? 1);

/** Hostile inputs of each entrance. */
export const hostileInputs: number = Math.max(100_000, Number(values.runs ?? 0));

/** Where inputs enter. */
export interface Entrance<I> {
  readonly name: string;
  /** Inputs that are taken by the same object under test. */
  readonly together: number;
  draw(random: Random): I;
  /**
   * Takes inputs in their order, each followed by a good one, with a new object under test; throws
   * where a good one does not get through.
   */
  take(inputs: readonly I[]): void | Promise<void>;
  /** The input for a reader. */
  show(input: I): string;
}

/** Tests an entrance; prints seed, inputs and time. */
export function everyInputIsSurvived<I>(entrance: Entrance<I>): void {
  Deno.test(`Every of ${hostileInputs} inputs is survived: ${entrance.name}`, async () => {
    const random = seededRandom(seed);
    const startMs = performance.now();
    for (let taken = 0; taken < hostileInputs;) {
      const count = Math.min(entrance.together, hostileInputs - taken);
      const inputs = Array.from({ length: count }, () => entrance.draw(random));
      await takeOrName(entrance, inputs);
      taken += count;
    }
    const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
    say(`${entrance.name}: ${hostileInputs} inputs in ${seconds} s, seed ${seed}`);
  });
}

/** A failure of many is narrowed to the first that fails alone. */
async function takeOrName<I>(entrance: Entrance<I>, inputs: readonly I[]): Promise<void> {
  try {
    await entrance.take(inputs);
  } catch (failure) {
    for (const input of inputs) {
      try {
        await entrance.take([input]);
      } catch (cause) {
        throw new Error(`seed ${seed}: ${entrance.show(input).slice(0, 2_000)}`, { cause });
      }
    }
    throw new Error(`seed ${seed}: ${inputs.length} inputs fail together, none alone`, {
      cause: failure,
    });
  }
}

/** A whole number in `[0, bound)`. */
export function below(bound: number, random: Random): number {
  return Math.floor(random.next() * bound);
}

/** One of a list. */
export function pick<T>(from: readonly T[], random: Random): T {
  return from[below(from.length, random)] as T;
}

/** Bytes that mean something to a parser: ends, signs, lengths, the greatest numbers. */
const telling = [0x00, 0x01, 0x02, 0x7f, 0x80, 0xc3, 0xed, 0xef, 0xfe, 0xff];

/** Bytes with up to four random changes: flipped, replaced, cut out, doubled, cut off. */
export function mutatedBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let mutated = [...bytes];
  for (let left = below(5, random); left > 0; left--) {
    const at = below(mutated.length + 1, random);
    const kind = below(6, random);
    if (kind === 0) mutated[at] = (mutated[at] ?? 0) ^ 1 << below(8, random);
    else if (kind === 1) mutated[at] = pick(telling, random);
    else if (kind === 2) mutated.splice(at, below(8, random));
    else if (kind === 3) mutated.splice(at, 0, ...mutated.slice(at, at + below(20, random)));
    else if (kind === 4) mutated.splice(at, 0, ...randomBytes(below(12, random), random));
    else mutated = mutated.slice(0, at);
  }
  return Uint8Array.from(mutated, (byte) => byte ?? 0);
}

/** Bytes of no meaning, half of them telling ones. */
export function randomBytes(length: number, random: Random): Uint8Array {
  return Uint8Array.from(
    { length },
    () => random.next() < 0.5 ? pick(telling, random) : below(256, random),
  );
}

/** Values that have broken readers of JSON, settings and URLs. */
const tellingTexts: readonly string[] = [
  ...["", " ", "null", "NaN", "-1", "1e999", "0x10", "9007199254740993", "1".repeat(400)],
  ...["__proto__", "constructor", "toString", '{"__proto__":1}', "[]", "{}", "[[[[", '"', "\\"],
  ...["\u0000", "\uFEFF", "\uFEFFAAPL", "\u202E", "\uD800", "é€😀", "A".repeat(700), "%", "%00"],
  ...["../..", "..", ".", "?", "#", "&", "=", ",", ":", ";", "\r\n", "\n", "\t", "${HOME}", "`id`"],
];

/** A text with up to four random changes. */
export function mutatedText(text: string, random: Random): string {
  let mutated = text;
  for (let left = below(5, random); left > 0; left--) {
    const at = below(mutated.length + 1, random);
    const to = at + below(8, random);
    const put = random.next() < 0.5
      ? pick(tellingTexts, random)
      : String.fromCharCode(below(0x180, random));
    mutated = mutated.slice(0, at) + (random.next() < 0.3 ? "" : put) + mutated.slice(to);
  }
  return mutated;
}

/** Values that break readers of JSON that look at less than they use. */
const tellingValues: readonly unknown[] = [
  ...[null, true, -1, 0, 1.5, 2 ** 53, 1e300, "", "1", "__proto__", "\uD800", "\u202E"],
  ...[[], [null], [5], [[]], {}, [{}], { length: 2 }, { toString: 1 }, "A".repeat(700)],
];

/** A JSON value with one part of it replaced, added or left out, however deep it lies. */
export function mutatedJson(value: unknown, random: Random): unknown {
  const isList = Array.isArray(value);
  const names = Object.keys(Object(value));
  if (names.length === 0 || random.next() < 0.15) return pick(tellingValues, random);
  const name = random.next() < 0.1 ? "more" : pick(names, random);
  if (isList) {
    return value.map((item, at) => String(at) === name ? mutatedJson(item, random) : item);
  }
  const { [name]: part, ...others } = value as Record<string, unknown>;
  return random.next() < 0.1 ? others : { ...others, [name]: mutatedJson(part, random) };
}
