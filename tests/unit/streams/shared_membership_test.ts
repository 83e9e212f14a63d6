import assert from "node:assert/strict";
import {
  SharedMembership,
  type ThreadListener,
} from "../../../src/streams/assignment/shared_membership.ts";
import {
  type AssignmentListener,
  type GroupMembership,
  type HeldState,
  noTasks,
} from "../../../src/streams/ports.ts";
import { fired } from "../../../src/base/signals.ts";

/** A group whose every word is the test's. */
class ToldGroup implements GroupMembership {
  readonly #joined = Promise.withResolvers<AssignmentListener>();
  runs = 0;

  get listener(): Promise<AssignmentListener> {
    return this.#joined.promise;
  }

  async run(_topic: string, listener: AssignmentListener, signal: AbortSignal): Promise<void> {
    this.runs += 1;
    this.#joined.resolve(listener);
    await fired(signal);
    await listener.assigned(noTasks);
  }

  reconsider(): void {}

  ownerOf(): undefined {
    return undefined;
  }
}

/** A thread that notes what it is told, and takes its time to close what it had. */
class ToldThread implements ThreadListener {
  readonly #name: string;
  readonly #notes: string[];
  #active: readonly number[] = [];
  heldStates: ReadonlyMap<number, HeldState> = new Map();

  constructor(name: string, notes: string[]) {
    this.#name = name;
    this.#notes = notes;
  }

  owns(partitions: readonly number[]): Promise<void> {
    this.#notes.push(`${this.#name} owns ${partitions}`);
    return Promise.resolve();
  }

  async assigned({ active }: { readonly active: readonly number[] }): Promise<void> {
    for (const partition of active) {
      if (!this.#active.includes(partition)) this.#notes.push(`${this.#name} opens ${partition}`);
    }
    const gone = this.#active.filter((partition) => !active.includes(partition));
    this.#active = active;
    await new Promise((resolve) => setTimeout(resolve, 0));
    for (const partition of gone) this.#notes.push(`${this.#name} closed ${partition}`);
  }

  held(): Promise<ReadonlyMap<number, HeldState>> {
    return Promise.resolve(this.heldStates);
  }

  lost(): Promise<void> {
    this.#notes.push(`${this.#name} lost`);
    return Promise.resolve();
  }
}

/** Two threads that have joined. */
async function startPair(found: readonly number[] = []) {
  const group = new ToldGroup();
  const shared = new SharedMembership(group, 2, found);
  const notes: string[] = [];
  const threads = [new ToldThread("a", notes), new ToldThread("b", notes)];
  const stop = new AbortController();
  const signals = [stop.signal, new AbortController().signal];
  const runs = threads.map((thread, i) =>
    shared.ofThread(i).run("input", thread, signals[i] as AbortSignal)
  );
  const listener = await group.listener;
  /** What happens from now on. */
  const noted = async (act: () => Promise<unknown>) => {
    notes.length = 0;
    await act();
    return notes.filter((note) => !note.includes("owns"));
  };
  const end = async () => {
    stop.abort();
    await Promise.all(runs);
  };
  return { group, shared, threads, listener, noted, notes, end };
}

const active = (...partitions: readonly number[]) => ({ ...noTasks, active: partitions });

Deno.test("SharedMembership joins once, and the end of one thread is the end of all", async () => {
  const { group, noted, listener, end } = await startPair();
  await listener.assigned(active(0, 1));
  assert.deepEqual(await noted(end), ["a closed 0", "b closed 1"]);
  assert.equal(group.runs, 1);
});

Deno.test("SharedMembership joins nothing where it is to end before all threads are there", async () => {
  const group = new ToldGroup();
  const shared = new SharedMembership(group, 2, []);
  const stop = new AbortController();
  const run = shared.ofThread(0).run("input", new ToldThread("a", []), stop.signal);
  stop.abort();
  await run;
  assert.equal(group.runs, 0);
});

Deno.test("SharedMembership joins when the last of its threads is there, not before", async () => {
  const group = new ToldGroup();
  const shared = new SharedMembership(group, 2, []);
  const stop = new AbortController();
  const join = (i: number) =>
    shared.ofThread(i).run("input", new ToldThread(`${i}`, []), stop.signal);
  let isOver = false;
  const first = join(0).then(() => void (isOver = true));
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual([group.runs, isOver], [0, false]);
  const second = join(1);
  await group.listener;
  stop.abort();
  await Promise.all([first, second]);
  assert.equal(group.runs, 1);
});

Deno.test("SharedMembership says whose a store is before the thread is to open it", async () => {
  const { notes, listener, end } = await startPair();
  await listener.assigned(active(0));
  assert.deepEqual(notes, ["a owns 0", "b owns ", "a opens 0"]);
  await end();
});

Deno.test("SharedMembership opens in one thread what another has closed before", async () => {
  const { noted, listener, end } = await startPair();
  assert.deepEqual(
    await noted(() => listener.assigned(active(0, 1, 2, 3))),
    ["a opens 0", "a opens 1", "b opens 2", "b opens 3"],
  );
  assert.deepEqual(
    await noted(() => listener.assigned(active(0, 1))),
    ["a closed 1", "b closed 2", "b closed 3", "b opens 1"],
  );
  await end();
});

Deno.test("SharedMembership lets a thread own what it works on and the stores it has left", async () => {
  const { notes, listener, shared, end } = await startPair([0, 1]);
  assert.deepEqual([shared.ofThread(0).owned, shared.ofThread(1).owned], [[0], [1]]);
  notes.length = 0;
  await listener.assigned(active(1));
  assert.deepEqual(notes.filter((note) => note.includes("owns")), ["a owns 0", "b owns 1"]);
  await end();
});

Deno.test("SharedMembership tells the group what the thread says whose the partition is", async () => {
  const { listener, threads: [a, b], end } = await startPair();
  await listener.assigned(active(0, 1));
  const old = { position: 1, current: false };
  const now = { position: 9, current: true };
  Object.assign(a as ToldThread, { heldStates: new Map([[0, now], [1, old]]) });
  Object.assign(b as ToldThread, { heldStates: new Map([[0, old], [1, now]]) });
  assert.deepEqual(await listener.held(), new Map([[0, now], [1, now]]));
  await end();
});

Deno.test("SharedMembership tells every thread that the instance was taken for dead", async () => {
  const { noted, listener, end } = await startPair();
  assert.deepEqual(await noted(() => listener.lost()), ["a lost", "b lost"]);
  await end();
});
