import { PipelineError } from "../base/errors.ts";
import { encodeText, textOf } from "../streams/text.ts";
import type { LogDatabase } from "./log_database.ts";
import { logKey } from "./log_keys.ts";

/**
 * Schema ids of the embedded mode: numbers from 1 by schema text, kept in the log's database.
 *
 * Subjects are not kept: there is no other writer, so nothing has to be compared with them.
 */
export class EmbeddedSchemas {
  readonly #database: LogDatabase;

  constructor(database: LogDatabase) {
    this.#database = database;
  }

  /**
   * The id of a schema; the same text always has the same id.
   *
   * @throws {PipelineError} `REGISTRY_REFUSED` for a text that is not JSON.
   */
  async register(subject: string, schemaText: string): Promise<number> {
    refuseUnreadable(subject, schemaText);
    return await this.#database.write((batch) => {
      for (let id = 1;; id++) {
        const known = this.#text(id);
        if (known === schemaText) return id;
        if (known !== undefined) continue;
        batch.put(schemaKey(id), encodeText(schemaText));
        return id;
      }
    });
  }

  /** @throws {PipelineError} `SCHEMA_UNKNOWN`. */
  schemaById(id: number): Promise<string> {
    const text = this.#text(id);
    if (text !== undefined) return Promise.resolve(text);
    return Promise.reject(
      new PipelineError(
        "SCHEMA_UNKNOWN",
        `Cannot read values of schema ${id} as it is not registered here`,
      ),
    );
  }

  #text(id: number): string | undefined {
    const stored = this.#database.get(schemaKey(id));
    return stored === undefined ? undefined : textOf(stored);
  }
}

function refuseUnreadable(subject: string, schemaText: string): void {
  try {
    JSON.parse(schemaText);
  } catch (cause) {
    throw new PipelineError(
      "REGISTRY_REFUSED",
      `Cannot register a schema under "${subject}" as it must be JSON`,
      { cause },
    );
  }
}

function schemaKey(id: number): Uint8Array {
  return logKey("s", encodeText(String(id)));
}
