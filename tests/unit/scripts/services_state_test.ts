import assert from "node:assert/strict";
import { seededRandom } from "../../../src/base/random.ts";
import { parseJavaRelease, requireRelease } from "../../../scripts/services/java.ts";
import { CATALOGUE } from "../../../scripts/services/catalogue.ts";
import { parseProcStat } from "../../../scripts/services/process.ts";
import { newClusterId } from "../../../scripts/services/service_set.ts";
import { formatState, parseState, type ServicesState } from "../../../scripts/services/state.ts";

const state: ServicesState = {
  clusterId: "abc",
  members: [
    {
      id: "kafka-1",
      service: "kafka",
      log: "/logs/kafka-1.log",
      ports: { client: 9092, controller: 20_001 },
      process: { pid: 42, started: "boot/17" },
    },
    { id: "registry", service: "registry", log: "/logs/r.log", ports: {} },
  ],
};

/** A state file in which one thing is changed. */
function textWith(change: (state: Record<string, unknown>) => void): string {
  const draft = JSON.parse(formatState(state));
  change(draft);
  return JSON.stringify(draft);
}

function memberWith(change: Record<string, unknown>): string {
  return textWith((draft) => {
    draft["members"] = [{ ...state.members[0], ...change }];
  });
}

Deno.test("parseState() reads what formatState() wrote", () => {
  assert.deepEqual(parseState(formatState(state), "f"), state);
});

Deno.test("formatState() writes the fields of any object that has them", () => {
  class Live implements ServicesState {
    get clusterId(): string {
      return state.clusterId;
    }
    get members(): ServicesState["members"] {
      return state.members;
    }
  }
  assert.equal(formatState(new Live()), formatState(state));
});

for (
  const [why, text, message] of [
    ["no JSON", "{", /it is no JSON object/],
    ["a list", "[]", /it is no JSON object/],
    ["a later version", textWith((draft) => draft["version"] = 2), /version is 2/],
    ["no cluster id", textWith((draft) => delete draft["clusterId"]), /clusterId is missing/],
    ["no members", textWith((draft) => delete draft["members"]), /members is no list/],
    ["a member that is a word", textWith((draft) => draft["members"] = ["kafka"]), /no object/],
    ["an unknown service", memberWith({ service: "zookeeper" }), /"kafka-1" is incomplete/],
    ["a port that is a text", memberWith({ ports: { client: "9092" } }), /is incomplete/],
    ["a process without start", memberWith({ process: { pid: 42 } }), /a process is incomplete/],
    // A signal to pid 0, -1 or 1 would reach far more than one service.
    ["pid 0", memberWith({ process: { pid: 0, started: "x" } }), /a process is incomplete/],
    ["pid -1", memberWith({ process: { pid: -1, started: "x" } }), /a process is incomplete/],
    ["pid 1", memberWith({ process: { pid: 1, started: "x" } }), /a process is incomplete/],
  ] as const
) {
  Deno.test(`parseState() refuses ${why}`, () => {
    assert.throws(() => parseState(text, "/d/state.json"), { code: "CONFIG_INVALID", message });
  });
}

const after = "1 42 42 0 -1 0 0 0 0 0 1 1 0 0 20 0";

Deno.test("parseProcStat() finds the start time behind a name with brackets and blanks", () => {
  assert.equal(parseProcStat(`42 (a) b) S ${after} 30 0 4711 99`), "4711");
});

Deno.test("parseProcStat() takes a dead first thread for running while others run", () => {
  assert.equal(parseProcStat(`42 (java) Z ${after} 2 0 4711 99`), "4711");
  assert.equal(parseProcStat(`42 (java) Z ${after} 1 0 4711 99`), undefined);
});

for (
  const [text, release] of [
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['openjdk version "21" 2023-09-19', 21],
    ['java version "1.8.0_402"', 8],
    ["zsh: command not found: java", undefined],
  ] as const
) {
  Deno.test(`parseJavaRelease() gives ${release} for ${text}`, () => {
    assert.equal(parseJavaRelease(text), release);
  });
}

Deno.test("requireRelease() says which Java a service needs and which was found", () => {
  requireRelease(CATALOGUE.cassandra, { command: "java", release: 17 });
  requireRelease(CATALOGUE.kafka, { command: "java", release: 25 });
  assert.throws(() => requireRelease(CATALOGUE.cassandra, { command: "java", release: 21 }), {
    code: "SERVICES_UNAVAILABLE",
    message: /Cannot start cassandra as Java must be 17: java is 21 \(install a JDK 17/,
  });
  assert.throws(() => requireRelease(CATALOGUE.kafka, { command: "java", release: 11 }), {
    message: /Cannot start kafka as Java must be 17 or newer: java is 11/,
  });
});

Deno.test("newClusterId() is Kafka's form and starts with no dash", () => {
  for (let seed = 0; seed < 200; seed++) {
    assert.match(newClusterId(seededRandom(seed)), /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
  }
});
