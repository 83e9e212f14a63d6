import assert from "node:assert/strict";
import { seededRandom } from "../../../src/base/random.ts";
import { membersOf, portWishes } from "../../../scripts/services/members.ts";
import { choosePorts, type PortChoice } from "../../../scripts/services/ports.ts";
import { defaultSettings } from "../../../scripts/services/settings.ts";
import type { MemberState } from "../../../scripts/services/state.ts";
import { wantedMembers, withPorts } from "../../../scripts/services/wanted.ts";

function choiceOf(options: Partial<PortChoice> = {}): PortChoice {
  return {
    auto: false,
    taken: new Set(),
    isFree: () => true,
    random: seededRandom(1),
    ...options,
  };
}

const kafka = membersOf(["kafka"], 2);

Deno.test("membersOf() numbers brokers from 1", () => {
  assert.deepEqual(membersOf(["kafka", "cassandra"], 2).map((member) => member.id), [
    "kafka-1",
    "kafka-2",
    "cassandra",
  ]);
});

Deno.test("portWishes() puts the second broker one port above the first", () => {
  assert.deepEqual(kafka.map((member) => portWishes(member)[0]?.preferred), [9092, 9093]);
});

Deno.test("choosePorts() takes default ports where they are free, others for the rest", () => {
  const ports = choosePorts(portWishes({ id: "kafka-1", service: "kafka" }), choiceOf());
  assert.equal(ports["client"], 9092);
  assert.ok(Number(ports["controller"]) >= 20_000 && Number(ports["controller"]) < 30_000);
});

Deno.test("choosePorts() names the busy default port and the way out", () => {
  const choice = choiceOf({ isFree: (port) => port !== 9042 });
  const wishes = portWishes({ id: "cassandra", service: "cassandra" });
  assert.throws(() => choosePorts(wishes, choice), {
    code: "SERVICES_UNAVAILABLE",
    message: "Cannot start cassandra as port 9042 must be free: another program listens on " +
      "127.0.0.1:9042 (stop it, or use --ports auto)",
  });
});

Deno.test("choosePorts() gives no port twice in one run", () => {
  const choice = choiceOf({ auto: true, random: { next: repeat([0.5, 0.5, 0.25]) } });
  const ports = choosePorts(portWishes({ id: "kafka-1", service: "kafka" }), choice);
  assert.deepEqual(ports, { client: 25_000, controller: 22_500 });
});

Deno.test("choosePorts() passes over busy ports and gives up after a bounded search", () => {
  const busy = choiceOf({
    auto: true,
    isFree: (port) => port !== 25_000,
    random: { next: repeat([0.5, 0.75]) },
  });
  const [wish] = portWishes({ id: "registry", service: "registry" });
  assert.ok(wish);
  assert.deepEqual(choosePorts([wish], busy), { client: 27_500 });
  const never = choiceOf({ auto: true, isFree: () => false });
  assert.throws(() => choosePorts([wish], never), { message: /200 tries were busy/ });
});

Deno.test("withPorts() gives a stopped member its former ports, where any will do", () => {
  const name = { id: "cassandra", service: "cassandra" } as const;
  const formerPorts = { client: 21_000, storage: 22_000 };
  const stopped: MemberState = { ...name, log: "", ports: {}, formerPorts };
  const set = { dir: "/d", find: () => stopped };
  const portsOf = (options: Partial<PortChoice>) => withPorts(name, set, choiceOf(options)).ports;
  assert.deepEqual(portsOf({ auto: true }), formerPorts);
  assert.equal(portsOf({})["client"], 9042);
  const partly = portsOf({ auto: true, taken: new Set([21_000]) });
  assert.notEqual(partly["client"], 21_000);
  assert.equal(partly["storage"], 22_000);
});

Deno.test("wantedMembers() keeps the number of brokers that the data has", () => {
  const members = membersOf(["kafka"], 3).map((member): MemberState => ({
    ...member,
    log: "",
    ports: {},
  }));
  const settings = defaultSettings("/d", {});
  const set = { dir: "/d", members };
  assert.equal(wantedMembers(set, { ...settings, services: ["kafka"] }).length, 3);
  assert.throws(() => wantedMembers(set, { ...settings, kafkaBrokers: 1 }), {
    code: "CONFIG_INVALID",
    message: /must keep its number of brokers: its data is of 3 \(use down --wipe first/,
  });
  assert.equal(wantedMembers({ dir: "/d", members: [] }, settings).length, 3);
});

function repeat(values: readonly number[]): () => number {
  let i = 0;
  return () => values[i++ % values.length] ?? 0;
}
