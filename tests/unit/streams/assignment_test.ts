import assert from "node:assert/strict";
import { assignPartitions } from "../../../src/streams/assignment/assign.ts";
import { type GroupMember, isCurrent } from "../../../src/streams/assignment/member.ts";
import { type HeldState, noTasks, type TaskAssignment } from "../../../src/streams/ports.ts";
import { fc } from "../../support/properties.ts";

/** Of each partition: true for current, else the position. */
type Has = Readonly<Record<number, true | number>>;

function member(memberId: string, owned: readonly number[] = [], has: Has = {}): GroupMember {
  const held = Object.entries(has).map(([partition, state]): [number, HeldState] => [
    Number(partition),
    state === true ? { position: 1_000, current: true } : { position: state, current: false },
  ]);
  return {
    memberId,
    instance: memberId,
    owned,
    generation: 1,
    held: new Map(held),
    leaving: false,
  };
}

/** A member that has the whole state of what it owns, and of `standbys`. */
function settled(memberId: string, owned: readonly number[], standbys: readonly number[] = []) {
  const has = Object.fromEntries([...owned, ...standbys].map((p) => [p, true as const]));
  return member(memberId, owned, has);
}

function leaving(gone: GroupMember): GroupMember {
  return { ...gone, leaving: true };
}

/** What each member processes, and in parentheses what it warms up for. */
function shares(
  members: readonly GroupMember[],
  partitionCount: number,
  replicas = 0,
): Record<string, string> {
  const assigned = assignPartitions(members, partitionCount, replicas);
  return Object.fromEntries(
    [...assigned].map(([id, { active, warmUps }]) => [
      id,
      active.join() + (warmUps.length === 0 ? "" : `(${warmUps.join()})`),
    ]),
  );
}

function standbys(
  members: readonly GroupMember[],
  partitionCount: number,
  replicas: number,
): Record<string, string> {
  return Object.fromEntries(
    [...assignPartitions(members, partitionCount, replicas)]
      .map(([id, share]) => [id, share.standbys.join()]),
  );
}

const everything: Record<string, [members: GroupMember[], partitions: number, expected: unknown]> =
  {
    "gives a lone member everything": [[member("a")], 3, { a: "0,1,2" }],
    "keeps everything in place when nothing changed": [
      [settled("a", [1, 3]), settled("b", [0, 2])],
      4,
      { a: "1,3", b: "0,2" },
    ],
    "moves what nobody has any state of at once": [
      [member("a", [0, 1, 2, 3]), member("b")],
      4,
      { a: "2,3", b: "0,1" },
    ],
    "leaves what has state where it is, while a new member warms up for its share": [
      [settled("a", [0, 1, 2, 3]), member("b")],
      4,
      { a: "0,1,2,3", b: "(0,1)" },
    ],
    "moves what is current at the new member, and only that": [
      [settled("a", [0, 1, 2, 3]), member("b", [], { 3: true })],
      4,
      { a: "0,1,2", b: "3(0)" },
    ],
    "gives the partitions of one that left to whoever is current": [
      [settled("a", [0], [2]), settled("b", [1], [3])],
      4,
      { a: "0,2", b: "1,3" },
    ],
    "gives a partition whose owner is gone to the nearest, even beyond its share, for the time being":
      [
        [settled("a", [0, 1], [2, 3]), member("b", [], { 2: 10 })],
        4,
        { a: "0,1,2,3", b: "(0,2)" },
      ],
    "prefers the state that lacks least when none is current": [
      [member("a", [], { 0: 5 }), member("b", [], { 0: 7 })],
      1,
      { a: "", b: "0" },
    ],
    "takes a partition from an owner that is still far from the end, for one that is current": [
      [member("a", [0], { 0: 5 }), member("b", [], { 0: true })],
      1,
      { a: "", b: "0" },
    ],
    "lets a member that comes back have what it had": [
      [settled("a", [0, 1, 2, 3]), member("b", [], { 1: true, 2: true })],
      4,
      { a: "0,3", b: "1,2" },
    ],
    "gives a new member all that it has warmed up for, larger share or not": [
      [settled("a", [], [0, 1]), settled("b", [0, 1, 2, 3]), settled("c", [4]), settled("d", [5])],
      6,
      { a: "0,1", b: "2,3", c: "4", d: "5" },
    ],
    "leaves the larger share with the one that has it": [
      [settled("a", [0]), settled("b", [1, 2])],
      3,
      { a: "0", b: "1,2" },
    ],
    "gives nothing to one that leaves, and waits for nobody": [
      [leaving(settled("a", [0, 1])), settled("b", [2], [0]), settled("c", [3])],
      4,
      { a: "", b: "0,2", c: "1,3" },
    ],
    "gives nobody anything when all leave": [[leaving(settled("a", [0]))], 1, { a: "" }],
    "believes the younger of two claims": [
      [settled("a", [0, 1]), { ...settled("b", [0, 1]), generation: 5 }],
      2,
      { a: "0", b: "1" },
    ],
    "moves no more than it must beside what no one has any state of": [
      [settled("a", [0, 1, 2]), member("b")],
      4,
      { a: "0,1,2", b: "3(0)" },
    ],
    "waits for an owner that has only begun to restore": [
      [member("a", [0, 1], { 0: 0, 1: 0 }), member("b")],
      2,
      { a: "0,1", b: "(0)" },
    ],
    "forgets claims of partitions that do not exist": [
      [member("a", [7, 8]), member("b")],
      2,
      { a: "0", b: "1" },
    ],
  };

for (const [title, [members, partitions, expected]] of Object.entries(everything)) {
  Deno.test(`assignPartitions() ${title}`, () => {
    assert.deepEqual(shares(members, partitions), expected);
  });
}

Deno.test("assignPartitions() keeps standbys where their state is, never at the owner", () => {
  const members = [
    settled("a", [0, 1], [2]),
    settled("b", [2], [0]),
    member("c", [3], { 3: true }),
  ];
  assert.deepEqual(standbys(members, 4, 1), { a: "2,3", b: "0", c: "1" });
});

Deno.test("assignPartitions() spreads standbys that no one has any state of", () => {
  const members = [settled("a", [0, 1]), settled("b", [2, 3]), settled("c", [4])];
  assert.deepEqual(standbys(members, 5, 1), { a: "2,3", b: "0,4", c: "1" });
});

Deno.test("assignPartitions() gives a member its share of standbys, even one that has all states", () => {
  const members = [settled("a", [0, 1]), settled("b", [2, 3], [0, 1, 4, 5]), settled("c", [4, 5])];
  assert.deepEqual(standbys(members, 6, 1), { a: "2,4", b: "0,1,5", c: "3" });
});

Deno.test("assignPartitions() counts what a member warms up for among its standbys", () => {
  const members = [settled("a", [0, 1, 2, 3]), member("b"), settled("c", [4, 5])];
  assert.deepEqual(standbys(members, 6, 1), { a: "4,5", b: "0,1", c: "2,3" });
});

Deno.test("assignPartitions() shares what one cannot serve evenly among the others", () => {
  const all = [0, 1, 2, 3, 4, 5];
  const members = [member("a"), member("b"), unableAt(member("c"), all)];
  assert.deepEqual(shares(members, 6), { a: "0,1,4", b: "2,3,5", c: "" });
});

Deno.test("assignPartitions() says what is taken over from a living owner, leaving or not", () => {
  const members = [
    leaving(settled("a", [0])),
    settled("b", [1, 2, 4], [0]),
    member("c", [], { 2: true, 3: true }),
  ];
  const assigned = assignPartitions(members, 5, 0);
  const told = [...assigned].map(([id, { active, handedOver }]) => [id, active, handedOver]);
  assert.deepEqual(told, [["a", [], []], ["b", [0, 1, 4], [0]], ["c", [2, 3], [2]]]);
});

Deno.test("assignPartitions() makes one that warms up a standby, whatever the replicas", () => {
  const members = [settled("a", [0, 1]), member("b")];
  assert.deepEqual(standbys(members, 2, 0), { a: "", b: "0" });
  assert.deepEqual(standbys(members, 2, 1), { a: "", b: "0,1" });
});

Deno.test("assignPartitions() has as many standbys as there are other members", () => {
  const members = [settled("a", [0]), member("b"), member("c")];
  assert.deepEqual(standbys(members, 1, 5), { a: "", b: "0", c: "0" });
});

const partitionsMax = 12;
type AnyState = fc.Arbitrary<HeldState>;
const anyState: AnyState = fc.record({ position: fc.nat(9), current: fc.boolean() });
const unableState: AnyState = fc.constant({ position: 0, current: false, unable: true });

function membersWith(state: AnyState): fc.Arbitrary<GroupMember[]> {
  return fc.uniqueArray(
    fc.record({
      memberId: fc.string({ minLength: 1, maxLength: 4 }),
      instance: fc.string({ maxLength: 1 }),
      owned: fc.array(fc.nat(partitionsMax), { maxLength: 8 }),
      generation: fc.integer({ min: -1, max: 3 }),
      held: fc.array(fc.tuple(fc.nat(partitionsMax), state), { maxLength: 8 })
        .map((entries) => new Map(entries)),
      leaving: fc.boolean(),
    }),
    { selector: ({ memberId }) => memberId, minLength: 1, maxLength: 6 },
  );
}

/** Members whose disks work. */
const ableMembers = membersWith(anyState);
const anyMembers = membersWith(fc.oneof(anyState, unableState));

Deno.test("assignPartitions() gives every partition once, whatever the members and their order", () => {
  fc.assert(fc.property(anyMembers, fc.nat(12), fc.nat(3), (members, partitionCount, replicas) => {
    const assigned = assignPartitions(members, partitionCount, replicas);
    const stayers = members.filter((one) => !one.leaving);
    const all = [...assigned.values()].flatMap(({ active }) => active).sort((a, b) => a - b);
    const partitions = Array.from({ length: partitionCount }, (_, i) => i);
    assert.deepEqual(all, stayers.length === 0 ? [] : partitions);
    for (const { memberId } of members.filter((one) => one.leaving)) {
      assert.deepEqual(assigned.get(memberId), noTasks);
    }
    const copies = [...assigned.values()].flatMap(({ active, standbys }) => [active, standbys]);
    const hosts = (partition: number) =>
      stayers.filter((one) =>
        assigned.get(one.memberId)?.active.includes(partition) !== true &&
        one.held.get(partition)?.unable !== true
      ).length;
    for (const partition of all) {
      const count = copies.filter((list) => list.includes(partition)).length;
      const promised = [...assigned.values()].some(({ warmUps }) => warmUps.includes(partition));
      assert.equal(
        count,
        1 + Math.max(promised ? 1 : 0, Math.min(replicas, hosts(partition))),
      );
    }
    assert.deepEqual(
      new Map([...assignPartitions([...members].reverse(), partitionCount, replicas)].sort()),
      new Map([...assigned].sort()),
    );
  }));
});

Deno.test("assignPartitions() moves nothing from one that is current to one that is not", () => {
  fc.assert(fc.property(anyMembers, fc.nat(12), (members, partitionCount) => {
    const assigned = assignPartitions(members, partitionCount, 0);
    for (const to of members) {
      for (const partition of assigned.get(to.memberId)?.active ?? []) {
        const someCurrent = members.some((one) => !one.leaving && isCurrent(one, partition));
        assert.ok(!someCurrent || isCurrent(to, partition), `${partition} at ${to.memberId}`);
      }
    }
  }));
});

/**
 * Rebalances after which all is where it is to be, as long as no member comes or goes. Each moves
 * what was warmed up for, or at least half of it where standbys are current as well, as moves are
 * chosen one by one; the last one moves nothing.
 */
function roundsMax(replicas: number): number {
  return replicas === 0 ? 2 : 2 + Math.floor(Math.log2(partitionsMax));
}

/** Of three that hold one partition or none, one was given the larger share, then another one. */
const passedOver: GroupMember[] = [
  member(" "),
  member("!"),
  member('"', [3], { 0: 0, 1: 0, 2: 0 }),
  member("#"),
];

Deno.test("assignPartitions() is even in the end, and then nothing moves any more", () => {
  const evenAtLast = fc.property(
    ableMembers,
    fc.nat(partitionsMax),
    fc.nat(2),
    (members, partitionCount, replicas) => {
      const stayers = members.filter((one) => !one.leaving);
      fc.pre(stayers.length > 0);
      let outcome = assignPartitions(stayers, partitionCount, replicas);
      const again = () =>
        stayers.map((one) => afterwards(one, outcome.get(one.memberId) as TaskAssignment));
      for (let round = 0; round < roundsMax(replicas); round++) {
        outcome = assignPartitions(again(), partitionCount, replicas);
      }
      const sizes = [...outcome.values()].map(({ active }) => active.length);
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `sizes ${sizes.join()}`);
      assert.deepEqual([...outcome.values()].flatMap(({ warmUps }) => warmUps), []);
      assert.deepEqual(assignPartitions(again(), partitionCount, replicas), outcome);
    },
  );
  fc.assert(evenAtLast, { examples: [[passedOver, 6, 0]] });
});

/** The member once it has opened everything that it was given and read all of it. */
function afterwards(one: GroupMember, { active, standbys }: TaskAssignment): GroupMember {
  return { ...settled(one.memberId, active, standbys), instance: one.instance, generation: 9 };
}

/** A member as `one` whose disk fails for these partitions. */
function unableAt(one: GroupMember, partitions: readonly number[]): GroupMember {
  const unable = { position: 0, current: false, unable: true } as const;
  const entries = partitions.map((partition) => [partition, unable] as const);
  return { ...one, held: new Map([...one.held, ...entries]) };
}

Deno.test("assignPartitions() gives a partition away whose owner's disk fails", () => {
  const members = [unableAt(member("a", [0, 1]), [0]), member("b", [2, 3], { 0: true })];
  const assigned = assignPartitions(members, 4, 0);
  assert.ok(assigned.get("b")?.active.includes(0), "b has it current");
  assert.deepEqual(assigned.get("b")?.handedOver, [0]);
});

Deno.test("assignPartitions() gives it to one without any state, rather than to its owner", () => {
  const members = [unableAt(member("a", [0]), [0]), member("b", [])];
  assert.deepEqual(assignPartitions(members, 1, 1).get("b")?.active, [0]);
  assert.deepEqual(assignPartitions(members, 1, 1).get("a"), noTasks);
});

Deno.test("assignPartitions() leaves a partition where it is when every disk fails", () => {
  const members = [unableAt(member("a", []), [0]), unableAt(member("b", [0]), [0])];
  assert.deepEqual(assignPartitions(members, 1, 0).get("b")?.active, [0]);
});

Deno.test("assignPartitions() gives no partition to a member that is unable, where one is able", () => {
  fc.assert(fc.property(anyMembers, fc.nat(12), fc.nat(2), (members, partitionCount, replicas) => {
    const assigned = assignPartitions(members, partitionCount, replicas);
    const stayers = members.filter(({ leaving }) => !leaving);
    const isUnable = (one: GroupMember, partition: number) =>
      one.held.get(partition)?.unable === true;
    for (const one of stayers) {
      const { active, standbys } = assigned.get(one.memberId) ?? noTasks;
      for (const partition of active) {
        const someAble = stayers.some((other) => !isUnable(other, partition));
        assert.ok(!someAble || !isUnable(one, partition), `${partition} at ${one.memberId}`);
      }
      for (const partition of standbys) assert.ok(!isUnable(one, partition), "standby");
    }
  }));
});

Deno.test("assignPartitions() comes to rest while disks fail, wherever there is room", () => {
  fc.assert(fc.property(anyMembers, fc.nat(partitionsMax), (members, partitionCount) => {
    const stayers = members.filter(({ leaving }) => !leaving);
    fc.pre(stayers.length > 0);
    let outcome = assignPartitions(stayers, partitionCount, 0);
    const again = () =>
      stayers.map((one) => {
        const unable = [...one.held].flatMap(([partition, held]) => held.unable ? [partition] : []);
        return unableAt(afterwards(one, outcome.get(one.memberId) as TaskAssignment), unable);
      });
    for (let round = 0; round <= roundsMax(0); round++) {
      outcome = assignPartitions(again(), partitionCount, 0);
    }
    assert.deepEqual(assignPartitions(again(), partitionCount, 0), outcome);
  }));
});
