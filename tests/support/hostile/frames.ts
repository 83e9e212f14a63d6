/** Occurs in every text that a frame's fault must not repeat. */
export const marker = "m4rk3r";

const good = `"s":"${marker}","p":187.5,"t":1700000000000,"v":3`;
const framed = (...entries: readonly string[]) => `{"type":"trade","data":[${entries.join(",")}]}`;

/** A trade with one member as a JSON text says. */
function withMember(name: string, value: string): string {
  const others = good.split(",").filter((member) => !member.startsWith(`"${name}"`));
  return `{${[...others, `"${name}":${value}`].join(",")}}`;
}

/** Entries of a frame that are no trades; each alone. */
export const hostileEntries: readonly string[] = [
  "null",
  "7",
  `"${marker}"`,
  "[]",
  "[[]]",
  "{}",
  `{"__proto__":{${good}}}`,
  `{"constructor":{"prototype":{${good}}}}`,
  ...["1", "null", "[]", "{}", "true", '""', '"\\u0000"', '"A\\u202eB"', '"\\ufeffA"', '"A\\u009b"']
    .map((value) => withMember("s", value)),
  ...['"A\\r\\nB"', '"A\\u2028B"', '"\\ud800"', '"\\udfff\\ud800"', `"${"A".repeat(129)}"`]
    .map((value) => withMember("s", value)),
  ...["null", '"1"', "[]", "{}", "true", "1e16", "-1e16", "1e308", "1e999", "-1e999"]
    .map((value) => withMember("p", value)),
  ...["null", '"3"', "[]", "{}", "false", "-1", "-0.0000001", "1e16", "1e999", "-1e999"]
    .map((value) => withMember("v", value)),
  ...["null", '"1700000000000"', "[]", "{}", "-1", "0", "1700000000", "1700000000000000"]
    .map((value) => withMember("t", value)),
  ...["1700000000000000000", "1700000000000.5", "9007199254740993", "1e999", "-1e999", "8.65e15"]
    .map((value) => withMember("t", value)),
  ...["1", "{}", `"${marker}"`, "[1]", "[{}]", "[[]]", "[true]", '["\\u0007"]', '["\\u202e"]']
    .map((value) => `{${good},"c":${value}}`),
  `{${good},"c":[${Array(33).fill('"1"').join(",")}]}`,
  `{${good},"c":["${"1".repeat(33)}"]}`,
  withMember("p", "1e15").replace('"v":3', '"v":1e15'),
];

/** Messages that are no frames. */
export const hostileFrames: readonly string[] = [
  "",
  " ",
  "\u0000",
  "\ufeff",
  `\ufeff${framed(`{${good}}`)}`,
  framed(`{${good}}`).slice(0, -1),
  `${framed(`{${good}}`)}${framed(`{${good}}`)}`,
  `${framed(`{${good}}`)},`,
  `${framed(`{${good}}`)}\u0000`,
  `// ${marker}\n${framed()}`,
  `<html>${marker}</html>`,
  `HTTP/1.1 200 OK\r\n\r\n${framed()}`,
  "null",
  "true",
  "7",
  `"${marker}"`,
  "NaN",
  "[]",
  `[${framed()}]`,
  "{}",
  `{'type':'trade'}`,
  `{"type":"TRADE","data":[]}`,
  `{"type":"trade "}`,
  `{"type":"${marker}"}`,
  `{"type":"__proto__"}`,
  `{"type":["trade"],"data":[]}`,
  `{"type":{"toString":"trade"},"data":[]}`,
  `{"type":null}`,
  `{"type":7}`,
  `{"TYPE":"trade","data":[]}`,
  `{"type":"trade"}`,
  `{"type":"trade","data":null}`,
  `{"type":"trade","data":{}}`,
  `{"type":"trade","data":{"length":1,"0":{${good}}}}`,
  `{"type":"trade","data":"${marker}"}`,
  `{"type":"trade","data":7}`,
  `{"type":"trade","data":true}`,
  `{"type":"ping","type":"${marker}"}`,
  `{"type":"error"}`,
  `{"type":"error","msg":null}`,
  `{"type":"error","msg":["${marker}"]}`,
  `{"type":"error","msg":{"toString":"${marker}"}}`,
  "[".repeat(300_000),
  '{"type":'.repeat(100_000),
  `{"type":"trade","data":${"[".repeat(200_000)}`,
];

/** A frame of one good trade between two entries. */
export function between(entry: string): string {
  return framed(entry, `{${good}}`, entry);
}
