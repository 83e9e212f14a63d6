import type { Random } from "../../src/base/random.ts";

/** What mutations put into frames: values and fragments that have broken parsers before. */
const tokens: readonly string[] = [
  ...["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "-0", "0", "1e-400", "null", "true"],
  ...["9007199254740993", "18446744073709551616", "-1", "0.1", "1".repeat(400)],
  ...['"__proto__"', '{"__proto__":{"s":"A"}}', '"constructor"', '"\\ud800"', '"\\udc00\\ud800"'],
  ...['""', '"' + "A".repeat(700) + '"', '"\\u0000"', '"é€😀"', "[]", "{}", "[[[[[[[]]]]]]]"],
  ...['"type":"trade"', '"type":"ping"', '"type":"error","msg":"x"', '"data":[]', '"data":null'],
  ...['"s":"AAPL"', '"p":1', '"v":0', '"t":1700000000000', '"c":["1",null]', '"c":[[1]]'],
  ...[",", ":", "{", "}", "[", "]", '"', "\\", "\u0000", "\ufeff", "\u2028", "\ufffd"],
];

/** Frames to begin with: every legal form, and some that are legal JSON only. */
export const frameCorpus: readonly string[] = [
  '{"type":"ping"}',
  '{"type":"error","msg":"Invalid symbol OANDA:EUR_USD"}',
  '{"data":[],"type":"trade"}',
  '{"data":[{"c":["1","12"],"p":259.8,"s":"AAPL","t":1700000000001,"v":3}],"type":"trade"}',
  '{"data":[{"c":null,"p":0.05,"s":"BINANCE:ETHBTC","t":1700000000002,"v":0.1}],"type":"trade"}',
  '{"data":[{"p":1.1,"s":"OANDA:EUR_USD","t":1700000000003,"v":0}],"type":"trade"}',
  '{"data":[{"c":[],"p":-37.6,"s":"IC MARKETS:1","t":1700000000004,"v":1},' +
  '{"c":["1"],"p":259.9,"s":"AAPL","t":1700000000004,"v":100},' +
  '{"c":["41",null],"p":30,"s":"IC MARKETS:1","t":1699999999999,"v":1e-8}],"type":"trade"}',
  '{"data":[1,null,"x",[],{},{"s":"A"},{"s":"","p":1,"t":1,"v":1}],"type":"trade"}',
  '[{"type":"trade"}]',
  '{"type":"trade"}',
  "",
];

/** A frame of the corpus with up to three random changes. */
export function mutatedFrame(random: Random): string {
  let text = pick(frameCorpus, random);
  for (let left = below(4, random); left > 0; left--) {
    text = pick(mutations, random)(text, below(text.length + 1, random), random);
  }
  return text.toWellFormed(); // as every text is that came over a WebSocket
}

type Mutation = (text: string, at: number, random: Random) => string;

const mutations: readonly Mutation[] = [
  (text, at, random) => text.slice(0, at) + text.slice(at + below(12, random)),
  (text, at, random) => text.slice(0, at) + pick(tokens, random) + text.slice(at),
  (text, at, random) => text.slice(0, at) + pick(tokens, random) + text.slice(at + 1),
  (text, at, random) => text.slice(0, at) + pick(frameCorpus, random).slice(below(80, random)),
  (text, at, random) => text.slice(0, at) + text.slice(at - below(20, random), at) + text.slice(at),
  (text, at, random) =>
    text.slice(0, at) + flipped(text.charCodeAt(at), random) + text.slice(at + 1),
  (text, _at, random) => replacedValue(text, random),
  (text, _at, random) => replacedValue(text, random),
  (text, _at, random) => replacedValue(text, random),
  (text, at) => text.slice(0, at),
];

/** Puts a token in the place of one value, which keeps the JSON whole more often than not. */
function replacedValue(text: string, random: Random): string {
  const values = [...text.matchAll(/(?<=[:[,])(?:"[^"]*"|[-\d.e]+|null|\[\])/g)];
  if (values.length === 0) return text;
  const { index, 0: value } = pick(values, random);
  return text.slice(0, index) + pick(tokens, random) + text.slice(index + value.length);
}

function flipped(code: number, random: Random): string {
  return String.fromCharCode((Number.isNaN(code) ? 0 : code) ^ 1 << below(8, random));
}

function pick<T>(from: readonly T[], random: Random): T {
  return from[below(from.length, random)] as T;
}

function below(bound: number, random: Random): number {
  return Math.floor(random.next() * bound);
}
