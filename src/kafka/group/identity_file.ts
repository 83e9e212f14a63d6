import { readFile, rename, writeFile } from "node:fs/promises";
import { type Random, randomName } from "../../base/random.ts";

/** Who an instance is, for as long as its state is kept. */
export interface Identity {
  /** Drawn once; the same over restarts. */
  readonly instance: string;
  /** Its last member id, unless that member left the group by itself. */
  readonly memberId?: string;
}

/**
 * Remembers who we are over restarts and crashes: partitions come home to the instance that has
 * their state, and a member that died is taken out of the group by the next start, at once.
 *
 * One file per running instance: two with the same file would throw each other out.
 *
 * Kafka's own static membership (`group.instance.id`, KIP-345) is not used: it keeps a dead
 * member's partitions for its return, even where a standby could take over.
 */
export class IdentityFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** What is remembered; a new instance where nothing is, or nothing that can be read. */
  async read(random: Random): Promise<Identity> {
    const told = await this.#stored();
    const { instance, memberId } = told ?? {};
    if (!isName(instance)) return { instance: randomName(random) };
    return { instance, ...(isName(memberId) ? { memberId } : {}) };
  }

  /** Replaces the file in one step. */
  async write(identity: Identity): Promise<void> {
    const fresh = `${this.#path}.new`;
    await writeFile(fresh, `${JSON.stringify(identity)}\n`);
    await rename(fresh, this.#path);
  }

  async #stored(): Promise<Partial<Record<keyof Identity, unknown>> | null> {
    try {
      return JSON.parse(await readFile(this.#path, "utf8"));
    } catch (error) {
      // A file that was cut short says no more than one that is not there.
      if (isAbsent(error) || error instanceof SyntaxError) return null;
      throw error;
    }
  }
}

function isAbsent(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === "ENOENT";
}

/** Longest name that is believed: Kafka's member ids are the client's id and 37 characters. */
const nameCharsMax = 500;

function isName(told: unknown): told is string {
  return typeof told === "string" && told.length <= nameCharsMax;
}
