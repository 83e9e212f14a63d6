import type { PlantedBug } from "./planted_bug.ts";

const shared = "tests/unit/streams/shared_membership_test.ts";
const watched = "tests/unit/http/peers/member_pulses_test.ts";

/** Bugs of how members of a group notice each other's death. */
export const membershipBugs: readonly PlantedBug[] = [
  {
    name: "a member taken for dead that was never heard",
    file: "src/http/peers/member_pulses.ts",
    find: "else if (this.#heard && (",
    replace: "else if ((",
    guarantee: "G4",
    test: watched,
  },
  {
    name: "a member taken for dead that has said farewell",
    file: "src/http/peers/member_pulses.ts",
    find: "if (told.endsWith(farewell))",
    replace: "if (told === farewell)",
    guarantee: "G4",
    test: watched,
  },
  {
    name: "members taken for dead as the watcher slept",
    file: "src/http/peers/member_pulses.ts",
    find: "        this.#silentPauses = 0;\n        return first.value;",
    replace: "        return first.value;",
    guarantee: "G4",
    test: watched,
  },
  {
    name: "a dead member that waits for its session's end",
    file: "src/kafka/group/participation.ts",
    find: "    this.#heartbeats?.now();\n",
    replace: "",
    guarantee: "G4",
    test: "tests/unit/kafka/participation_test.ts",
  },
  {
    name: "a partition opened in one thread before it is closed in another",
    file: "src/streams/assignment/shared_membership.ts",
    find: "    if (moves) await this.#assign(assignment, stays);\n",
    replace: "",
    guarantee: "G2",
  },
  {
    name: "a thread that speaks for partitions of another",
    file: "src/streams/assignment/shared_membership.ts",
    find: "[...held].filter(([partition]) => this.#homes.get(partition) === thread)",
    replace: "[...held]",
    guarantee: "G10",
    test: shared,
  },
  {
    name: "a thread that opens and deletes stores of another",
    file: "src/streams/assignment/owned_stores.ts",
    find: ".filter((partition) => this.#owned.has(partition))",
    replace: "",
    guarantee: "G2",
  },
  {
    name: "a thread that hangs and is not named",
    file: "src/http/view/threads_view.ts",
    find: "      if (silentMs < silentAfterMs) return [];\n",
    replace: "      return [];\n",
    guarantee: "G7",
    test: "tests/unit/http/view/threads_view_test.ts",
  },
  {
    name: "the state of a standby forgotten that becomes a task",
    file: "src/streams/task/task_manager.ts",
    find: "this.#keepInMind(partition, standby?.held);",
    replace: "",
    guarantee: "a partition comes to rest",
    test: "tests/unit/streams/task_turns_test.ts",
  },
];
