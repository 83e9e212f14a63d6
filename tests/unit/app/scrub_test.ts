import assert from "node:assert/strict";
import { createLogger } from "../../../src/app/logging.ts";
import { scrubber } from "../../../src/app/scrub.ts";
import { Secret } from "../../../src/base/secret.ts";

const value = `p"w/+é 7`;
const url = encodeURIComponent(value);
const json = JSON.stringify({ value });
const basic = (user: string) => new TextEncoder().encode(`${user}:${value}`).toBase64();

Deno.test.each([
  ["as it is", `the server said: ${value} is wrong`],
  ["in a URL", `GET wss://ws.example/?k=${url}`],
  ["in a URL in small letters", `wss://ws.example/?k=${url.toLowerCase()}`],
  ["in a form", new URLSearchParams({ k: value }).toString()],
  ["in JSON", json],
  ["in JSON in JSON", JSON.stringify({ body: json })],
  ["in a login of one", basic("a")],
  ["in a login of two", basic("ab")],
  ["in a login of three", basic("abc")],
  ["in Base64 of URLs", basic("abc").replaceAll("+", "-").replaceAll("/", "_")],
])("scrubber() finds a secret %s", (_, text) => {
  const scrubbed = scrubber([new Secret(value)])(text);
  assert.match(scrubbed, /\[secret\]/);
  assert.ok(!scrubbed.includes(value) && !scrubbed.toLowerCase().includes(url.toLowerCase()));
});

Deno.test.each([
  "wss://ws.example?token=abc123",
  "wss://ws.example?a=b&TOKEN=abc123&c=d",
  "redirect=wss%3A%2F%2Fws.example%3Ftoken%3Dabc123",
  "apikey=abc123",
  "api_key: abc123",
  "X-Finnhub-Token: abc123",
  "X-Finnhub-Secret: abc123",
  `{"password":"abc123"}`,
  `{\\"password\\":\\"abc123\\"}`,
  "{ password: 'abc123' }",
  "passphrase=abc123",
  "Authorization: Bearer abc123",
  "authorization: basic abc123",
  "https://user:abc123@host/",
])("scrubber() hides what stands where secrets stand: %s", (text) => {
  assert.ok(!scrubber()(text).includes("abc123"), scrubber()(text));
});

Deno.test("scrubber() leaves plain words alone", () => {
  const text = "Cannot log in: check KAFKA_USERNAME and KAFKA_PASSWORD; a token is expected";
  assert.equal(scrubber()(text), text);
  assert.equal(scrubber([new Secret("to")])("to be"), "to be");
});

for (const logFormat of ["text", "json"] as const) {
  Deno.test(`a log in ${logFormat} shows no secret, wherever it stands`, () => {
    const lines: string[] = [];
    const write = (line: string) => lines.push(line);
    const output = { write, terminal: false, scrub: scrubber([new Secret(value)]) };
    const logger = createLogger("test", { logLevel: "info", logFormat }, output);
    logger.info(`failed: ${value}`, { error: new Error(value), nested: { list: [value] } });
    logger.info("plain", { key: new Secret(value) });
    assert.equal(lines.length, 2);
    for (const line of lines) assert.ok(!line.includes(`p\\"w`) && !line.includes(`p"w`), line);
    if (logFormat === "json") { for (const line of lines) JSON.parse(line); }
  });
}
