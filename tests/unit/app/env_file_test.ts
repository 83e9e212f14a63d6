import assert from "node:assert/strict";
import { decodeEnvFile, parseEnvFile } from "../../../src/app/env_file.ts";

const known = ["FINHUB_SECRET_KEY", "FINHUB_SYMBOLS", "KAFKA_URL", "KAFKA_PASSWORD", "LOG_LEVEL"];

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function utf16(text: string, { littleEndian = true, mark = true } = {}): Uint8Array {
  const units = [...mark ? [0xfeff] : [], ...Array.from(text, (sign) => sign.charCodeAt(0))];
  const view = new DataView(new ArrayBuffer(units.length * 2));
  units.forEach((unit, index) => view.setUint16(index * 2, unit, littleEndian));
  return new Uint8Array(view.buffer);
}

const text = "LOG_LEVEL=debug\nFINHUB_SYMBOLS=AAPL,ÄÖ\n";

Deno.test.each([
  { as: "UTF-8", bytes: bytesOf(text) },
  { as: "UTF-8 with a mark", bytes: bytesOf(`\ufeff${text}`) },
  { as: "UTF-8 with Windows' line ends", bytes: bytesOf(text.replaceAll("\n", "\r\n")) },
  { as: "UTF-8 with old line ends", bytes: bytesOf(text.replaceAll("\n", "\r")) },
  { as: "UTF-16, as PowerShell writes it", bytes: utf16(text) },
  { as: "UTF-16 without a mark", bytes: utf16(text, { mark: false }) },
  { as: "UTF-16 in big-endian", bytes: utf16(text, { littleEndian: false }) },
  { as: "that without a mark", bytes: utf16(text, { littleEndian: false, mark: false }) },
])("decodeEnvFile() reads $as", ({ bytes }) => {
  assert.deepEqual(parseEnvFile(decodeEnvFile(bytes), known), {
    texts: { LOG_LEVEL: "debug", FINHUB_SYMBOLS: "AAPL,ÄÖ" },
    notes: [],
  });
});

Deno.test("decodeEnvFile() refuses what is no text", () => {
  assert.throws(() => decodeEnvFile(Uint8Array.of(0x41, 0xc3, 0x28)));
});

Deno.test.each([
  { line: "KAFKA_URL=a:1", value: "a:1" },
  { line: "  KAFKA_URL = a:1  ", value: "a:1" },
  { line: "export KAFKA_URL=a:1", value: "a:1" },
  { line: "export\tKAFKA_URL=a:1", value: "a:1" },
  { line: "set KAFKA_URL=a:1", value: "a:1" },
  { line: "KAFKA_URL='a:1'", value: "a:1" },
  { line: 'KAFKA_URL="a:1" # mine', value: "a:1" },
  { line: "KAFKA_URL=`a:1`", value: "a:1" },
  { line: "KAFKA_URL=\u201ca:1\u201d", value: "a:1" },
  { line: "KAFKA_URL=\u2018a:1\u2019", value: "a:1" },
  { line: "KAFKA_URL=a:1 # mine", value: "a:1" },
  { line: "KAFKA_URL=a:1\t# mine", value: "a:1" },
  { line: "KAFKA_URL= # none", value: "" },
  { line: "KAFKA_URL=", value: "" },
  { line: 'KAFKA_URL=""', value: "" },
  { line: "\u00a0KAFKA_URL\u00a0=\u00a0a:1\u00a0", value: "a:1" },
  { line: "KAFKA_PASSWORD=pa#ss=w$rd'\"x", value: "pa#ss=w$rd'\"x" },
  { line: 'KAFKA_PASSWORD="p # w"', value: "p # w" },
  { line: "KAFKA_PASSWORD='p\\n\"${HOME}'", value: 'p\\n"${HOME}' },
  { line: 'KAFKA_PASSWORD="p\\"q\\\\r\\$s"', value: 'p"q\\r$s' },
  { line: 'KAFKA_PASSWORD="C:\\temp\\new"', value: "C:\\temp\\new" },
  { line: "KAFKA_PASSWORD=#hash", value: "#hash" },
])("parseEnvFile() reads $line", ({ line, value }) => {
  const { texts, notes } = parseEnvFile(line, known);
  assert.deepEqual(Object.values(texts), [value]);
  assert.deepEqual(notes, []);
});

Deno.test("parseEnvFile() takes a value of an earlier line for ${NAME}", () => {
  const { texts } = parseEnvFile("FINHUB_SYMBOLS=A\nKAFKA_URL=${FINHUB_SYMBOLS}:1,${B}:2", known);
  assert.equal(texts["KAFKA_URL"], "A:1,${B}:2");
});

Deno.test.each([
  { line: "FINNHUB_SECRET_KEY=s3cret", note: /FINNHUB_SECRET_KEY is no setting, FINHUB_SECRET_K/ },
  { line: "FINHUB_SYMBOL=s3cret", note: /FINHUB_SYMBOL is no setting, FINHUB_SYMBOLS is$/ },
  { line: "finhub_secret_key=s3cret", note: /finhub_secret_key is no setting, FINHUB_SECRET_KEY / },
  { line: "KAFKA-URL=s3cret", note: /KAFKA-URL is no setting, KAFKA_URL is$/ },
  { line: "PASSWORD=s3cret", note: /PASSWORD is no setting$/ },
  { line: "FINHUB_SECRET_KEY s3cret", note: /must be NAME=value$/ },
  { line: "FINHUB_SECRET_KEY: s3cret", note: /must be NAME=value$/ },
  { line: '$env:FINHUB_SECRET_KEY="s3cret"', note: /must be NAME=value$/ },
  { line: 'FINHUB_SECRET_KEY="s3cret', note: /the quote of FINHUB_SECRET_KEY is not closed/ },
  { line: "FINHUB_SECRET_KEY='s3'cret", note: /the quote of FINHUB_SECRET_KEY is not closed/ },
])("parseEnvFile() names line and cause, and no value, of $line", ({ line, note }) => {
  const { texts, notes } = parseEnvFile(`\n${line}`, known);
  assert.deepEqual(texts, {});
  assert.equal(notes.length, 1);
  assert.match(notes[0] ?? "", /^line 2 has no effect/);
  assert.match(notes[0] ?? "", note);
  assert.doesNotMatch(notes[0] ?? "", /s3cret/);
});

Deno.test("parseEnvFile() takes the last of several lines, and says so", () => {
  const { texts, notes } = parseEnvFile("KAFKA_URL=a:1\nKAFKA_URL=b:2", known);
  assert.deepEqual(texts, { KAFKA_URL: "b:2" });
  assert.deepEqual(notes, ["line 2 replaces an earlier KAFKA_URL"]);
});

Deno.test("parseEnvFile() leaves compose's lines to compose", () => {
  const { notes } = parseEnvFile("COMPOSE_PROFILES=feed\nDOCKER_HOST=x\n# no", known);
  assert.deepEqual(notes, []);
});
