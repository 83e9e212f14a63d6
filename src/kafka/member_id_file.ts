/**
 * Remembers the member id over a crash, so that the next start can take the dead member out of the
 * group at once instead of waiting for its session to end.
 *
 * One file per running instance: two with the same file would throw each other out.
 */
export class MemberIdFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The id of the member that ran here last, unless it left by itself. */
  async read(): Promise<string | undefined> {
    try {
      const text = (await Deno.readTextFile(this.#path)).trim();
      return text === "" ? undefined : text;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Replaces the file in one step. */
  async write(memberId: string): Promise<void> {
    const fresh = `${this.#path}.new`;
    await Deno.writeTextFile(fresh, `${memberId}\n`);
    await Deno.rename(fresh, this.#path);
  }

  async remove(): Promise<void> {
    try {
      await Deno.remove(this.#path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
