/** What another program, or a hostile one, may join the group with. */

const honest = { instance: "c", generation: 1, owned: [], held: [], leaving: false, addresses: {} };

function withMember(name: string, value: unknown): string {
  return JSON.stringify({ ...honest, [name]: value });
}

/** User data that is no instance's: the member gets nothing. */
export const hostileUserData: readonly string[] = [
  "",
  " ",
  "\u0000",
  "{",
  "null",
  "7",
  "[]",
  '"instance"',
  "{}",
  "[".repeat(200_000),
  '{"instance":'.repeat(50_000),
  '{"__proto__":{"instance":"c","generation":1,"owned":[]}}',
  ...[undefined, null, 7, true, [], {}, ["c"], { toString: "c" }, "i".repeat(501)]
    .map((value) => withMember("instance", value)),
  ...[undefined, null, "1", true, -2, 1.5, 2 ** 53, [], {}]
    .map((value) => withMember("generation", value)),
  withMember("generation", 1).replace('"generation":1', '"generation":1e999'),
  ...[undefined, null, 7, "0", {}, { length: 1, 0: 0 }, ["0"], [-1], [1.5], [null], [2 ** 53], [[]]]
    .map((value) => withMember("owned", value)),
];

/** User data of a member that says more than can be true: the others must not suffer. */
export const boastfulUserData: readonly string[] = [
  withMember("owned", [0, 1, 2, 3]),
  withMember("owned", [0, 0, 0, 0]),
  withMember("owned", [4, 5, 1_000_000, 2 ** 52]),
  withMember("owned", Array.from({ length: 50_000 }, (_, i) => i)),
  withMember("generation", 2 ** 52),
  withMember("generation", -1),
  withMember("instance", ""),
  withMember("instance", "a"),
  withMember("instance", "\u202e\u0000"),
  withMember("instance", "__proto__"),
  withMember("held", [[0, 2 ** 52, true], [1, 2 ** 52, true], [2, 2 ** 52, true]]),
  withMember("held", [[0, -1, true], [0, 1.5, true], ["0", 1, true], [0, 1, "yes"], null, 7, {}]),
  withMember("held", [[-1, 1, true], [2 ** 53, 1, true], [0, 1], []]),
  withMember("held", Array.from({ length: 50_000 }, (_, i) => [i, i, true])),
  withMember("held", { length: 2 }),
  withMember("held", "0"),
  withMember("leaving", "yes"),
  withMember("leaving", 1),
  withMember("addresses", null),
  withMember("addresses", "http://evil.example"),
  withMember("addresses", ["http://evil.example"]),
  withMember("addresses", { address: ["http://evil.example"], peer: { href: "http://e" } }),
  withMember("addresses", { address: "http://evil.example/..", peer: "http://e\\@f" }),
  withMember("addresses", { peer: "javascript:alert(1)", proof: "x".repeat(1_000) }),
  withMember("addresses", { proof: { toString: "x" } }),
  withMember("more", "x".repeat(100_000)),
];
