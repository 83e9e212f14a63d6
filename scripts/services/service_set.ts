import type { Random } from "../../src/base/random.ts";
import { type MemberState, readState, writeState } from "./state.ts";

/**
 * The members of one data folder, always as the state file has them.
 *
 * **Ordering**: change it only while holding the folder's lock.
 */
export class ServiceSet {
  readonly dir: string;
  readonly clusterId: string;
  readonly #members: Map<string, MemberState>;

  private constructor(dir: string, clusterId: string, members: readonly MemberState[]) {
    this.dir = dir;
    this.clusterId = clusterId;
    this.#members = new Map(members.map((member) => [member.id, member]));
  }

  /** The set that a folder remembers; an empty one for a new folder. */
  static open(dir: string, random: Random): ServiceSet {
    const state = readState(dir);
    return new ServiceSet(dir, state?.clusterId ?? newClusterId(random), state?.members ?? []);
  }

  get members(): readonly MemberState[] {
    return [...this.#members.values()];
  }

  find(id: string): MemberState | undefined {
    return this.#members.get(id);
  }

  put(member: MemberState): void {
    this.#members.set(member.id, member);
    writeState(this.dir, this);
  }

  forget(id: string): void {
    this.#members.delete(id);
    writeState(this.dir, this);
  }
}

/** What a folder remembers, for those who only look. */
export type KnownSet = Pick<ServiceSet, "dir" | "members">;

/** Kafka's form: 16 bytes in URL-safe base64; the first bit is 0, so it starts with no dash. */
export function newClusterId(random: Random): string {
  const bytes = Uint8Array.from({ length: 16 }, () => Math.floor(random.next() * 256));
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
