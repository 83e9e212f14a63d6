import type { PlantedBug } from "./planted_bug.ts";

/** What a reader of the live stream is sent, and how much may wait for it. */
export const pageStreamBugs: readonly PlantedBug[] = [
  {
    name: "a slow reader is sent everything",
    file: "src/http/stream/event_hub.ts",
    find: "    if (!client.isIdle) return;\n",
    replace: "",
    guarantee: "G8",
    test: "tests/unit/http/stream/event_hub_test.ts",
  },
  {
    name: "rows that no one looks at in the stream",
    file: "src/http/viewer.ts",
    find: 'if (rows === "all" || rows.has(symbol)) this.#rows.add(symbol);',
    replace: "this.#rows.add(symbol);",
    guarantee: "G8",
    test: "tests/unit/http/stream/event_hub_test.ts",
  },
  {
    name: "another instance is heard of twice while what is looked at changes",
    file: "src/http/peers/peer_stream.ts",
    find: "    this.#current.connection.end();\n    this.#current = next;",
    replace: "    this.#current = next;",
    guarantee: "page",
    test: "tests/unit/http/peers/peer_stream_test.ts",
  },
  {
    name: "a new candle drawn right after a stretch that is not loaded",
    file: "src/http/page/candle_pages.js",
    find: "(this.atEnd || start <= end)",
    replace: "(start <= Infinity)",
    guarantee: "history",
    test: "tests/unit/http/page/candle_pages_test.ts",
  },
];
