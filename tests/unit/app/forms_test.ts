import assert from "node:assert/strict";
import * as forms from "../../../src/app/forms.ts";

const httpUrl = forms.url(["http:", "https:"]);

Deno.test.each<{ name: string; parse: (text: string) => unknown; text: string; want: unknown }>([
  { name: "integer", parse: forms.integer(0, 9), text: "9", want: 9 },
  { name: "integer", parse: forms.integer(0, 9), text: "10", want: undefined },
  { name: "integer", parse: forms.integer(0, 9), text: "1e0", want: undefined },
  { name: "integer", parse: forms.integer(0, 9), text: "", want: undefined },
  { name: "integer", parse: forms.integer(0, 9), text: "0x1", want: undefined },
  { name: "positiveNumber", parse: forms.positiveNumber, text: "0.5", want: 0.5 },
  { name: "positiveNumber", parse: forms.positiveNumber, text: "0", want: undefined },
  { name: "positiveNumber", parse: forms.positiveNumber, text: "-1", want: undefined },
  { name: "boolean", parse: forms.boolean, text: "YES", want: true },
  { name: "boolean", parse: forms.boolean, text: "0", want: false },
  { name: "boolean", parse: forms.boolean, text: "on", want: undefined },
  { name: "url", parse: httpUrl, text: "http://registry:8081//", want: "http://registry:8081" },
  { name: "url", parse: httpUrl, text: "registry:8081", want: undefined },
  { name: "url", parse: httpUrl, text: "ws://registry", want: undefined },
  { name: "serverUrl", parse: forms.serverUrl, text: "https://a:8443/", want: "https://a:8443" },
  { name: "serverUrl", parse: forms.serverUrl, text: "http://Box:80", want: "http://box" },
  { name: "serverUrl", parse: forms.serverUrl, text: "http://a:1/path", want: undefined },
  { name: "serverUrl", parse: forms.serverUrl, text: "http://a:1?b", want: undefined },
  { name: "serverUrl", parse: forms.serverUrl, text: "http://b@a:1", want: undefined },
  { name: "serverUrl", parse: forms.serverUrl, text: "a:1", want: undefined },
  { name: "host", parse: forms.host, text: "kafka-0.local", want: "kafka-0.local" },
  { name: "host", parse: forms.host, text: "a", want: "a" },
  { name: "host", parse: forms.host, text: "a b", want: undefined },
  { name: "host", parse: forms.host, text: "-a", want: undefined },
  { name: "hostAndPort", parse: forms.hostAndPort, text: "[::1]:9092", want: "[::1]:9092" },
  { name: "hostAndPort", parse: forms.hostAndPort, text: "kafka", want: undefined },
  { name: "hostAndPort", parse: forms.hostAndPort, text: "kafka:0", want: undefined },
  { name: "hostAndPort", parse: forms.hostAndPort, text: ":9092", want: undefined },
  { name: "topicName", parse: forms.topicName, text: "trade.1_a-b", want: "trade.1_a-b" },
  { name: "topicName", parse: forms.topicName, text: "..", want: undefined },
  { name: "topicName", parse: forms.topicName, text: "a b", want: undefined },
  { name: "cassandraName", parse: forms.cassandraName, text: "Trades", want: undefined },
  { name: "cassandraName", parse: forms.cassandraName, text: "t; DROP", want: undefined },
  { name: "feedSymbol", parse: forms.feedSymbol, text: "IC MARKETS:1", want: "IC MARKETS:1" },
  { name: "feedSymbol", parse: forms.feedSymbol, text: "", want: undefined },
  { name: "durationSeconds", parse: forms.durationSeconds(7300), text: "7d", want: 604_800 },
  { name: "durationSeconds", parse: forms.durationSeconds(7300), text: "90", want: 90 },
  { name: "durationSeconds", parse: forms.durationSeconds(7300), text: "7 d", want: undefined },
  { name: "durationSeconds", parse: forms.durationSeconds(7300), text: "7301d", want: undefined },
])('$name() of "$text" is $want', ({ parse, text, want }) => {
  assert.deepEqual(parse(text), want);
});

Deno.test("distinctList() refuses what occurs twice, after trimming", () => {
  const parse = forms.distinctList(forms.host);
  assert.deepEqual(parse("a, b"), ["a", "b"]);
  assert.equal(parse("a, a"), undefined);
  assert.equal(parse("a,"), undefined);
});

Deno.test("byteCount() reads bytes and sizes with a unit", () => {
  const good = { "1": 1, "512": 512, "3kB": 3_000, "500MB": 5e8, "1GiB": 2 ** 30, "2MiB": 2 ** 21 };
  for (const [text, bytes] of Object.entries(good)) {
    assert.equal(forms.byteCount(text), bytes, text);
  }
  for (const text of ["", "0", "-1", "1.5GiB", "1 GiB", "1TiB", "1gib", "9999GiB", "GiB"]) {
    assert.equal(forms.byteCount(text), undefined, text);
  }
});

Deno.test("symbolLines() reads symbols by line or comma, with remarks", () => {
  const text = "AAPL, IC MARKETS:1\r\n# crypto\nBINANCE:BTCUSDT # the big one\n\n";
  assert.deepEqual(forms.symbolLines(text), ["AAPL", "IC MARKETS:1", "BINANCE:BTCUSDT"]);
  for (const wrong of ["", "# nothing", "AAPL\nAAPL", "['AAPL']"]) {
    assert.equal(forms.symbolLines(wrong), undefined, wrong);
  }
});
