import type { PlantedBug } from "./planted_bug.ts";

const test = "tests/unit/http/admission/access_test.ts";

/** Whom the HTTP surface answers, and how much of it one address may take. */
export const httpAccessBugs: readonly PlantedBug[] = [
  {
    name: "a request for another server's name answered",
    file: "src/http/exchange/front.ts",
    find: "if (!access.serves(url.hostname, client.ownAddress)) throw misdirected(url.hostname);",
    replace: "",
    guarantee: "access",
    test,
  },
  {
    name: "a request without the token answered",
    file: "src/http/exchange/front.ts",
    find: "if (!isTrusted && !route.isOpen) throw unauthorized();",
    replace: "",
    guarantee: "access",
    test,
  },
  {
    name: "the token itself in the cookie",
    file: "src/http/admission/access.ts",
    find: '.update("session of the page").digest("base64url")',
    replace: '.digest("hex").slice(64) + token',
    guarantee: "access",
    test,
  },
  {
    name: "places for the first who come",
    file: "src/http/admission/fair_places.ts",
    find: "const leaving = isFull ? this.#dropOldest(heaviest) : [];",
    replace: "if (isFull) return undefined;\n    const leaving: T[] = [];",
    guarantee: "G8",
    test,
  },
  {
    name: "queries not counted by address",
    file: "src/http/admission/query_gate.ts",
    find: "account.queries--;",
    replace: "",
    guarantee: "G8",
    test: "tests/unit/http/admission/query_gate_test.ts",
  },
  {
    name: "a health check behind the other requests",
    file: "src/http/admission/turns.ts",
    find: 'if (urgency === "urgent" && this.#urgent < urgentMax) {',
    replace: "if (this.#urgent < 0) {",
    guarantee: "G8",
    test: "tests/unit/http/admission/turns_test.ts",
  },
  {
    name: "another instance's beginning made all at once",
    file: "src/http/stream/directory.ts",
    find: "    if (summaries.length < symbolsPerEvent) continue;\n",
    replace: "    continue;\n",
    guarantee: "G8",
    test: "tests/unit/http/stream/event_hub_test.ts",
  },
];
