import type { WithValue } from "../streams/topology/codec.ts";
import type avro from "avsc";
import { assert } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import { PipelineError } from "../base/errors.ts";
import { type ShapeCheck, shapeCheck } from "./avro_shape.ts";
import { parseSchema } from "./avro_type.ts";
import type { SchemaRegistry } from "./ports.ts";
import { frameSchemaId } from "./wire_format.ts";

/** Writers' schemas remembered; a registry holds few that one topic uses. */
const writersMax = 1_000;
/** How long an id stays unknown, ms: a schema may be registered after its first record. */
const unknownForMs = 30_000;
/**
 * Ids remembered as unknown. While there are so many, no further one is asked for and all count as
 * unknown: records with ids at random cost a hundred questions in half a minute, not one each.
 */
const unknownIdsMax = 100;

/** What is needed to read the values of one writer's schema. */
export interface Writer {
  readonly check: ShapeCheck;
  /** Turns the writer's values into the reader's; absent when both have the same form. */
  readonly resolver?: ReturnType<avro.Type["createResolver"]>;
}

/** Whose values are read, and how. */
export interface WriterSchemasOptions {
  readonly registry: SchemaRegistry;
  /** Schema text of the reader, as it is registered. */
  readonly schemaText: string;
  /** The type that values are read into. */
  readonly reader: avro.Type;
  /** Id of the reader's own schema. */
  readonly id: number;
  readonly clock: Clock;
}

/**
 * The schemas of all writers of a topic, by id.
 *
 * Ordering: `prepare` values first, then `writerOf` is synchronous for their ids.
 */
export class WriterSchemas {
  readonly #options: WriterSchemasOptions;
  readonly #own: avro.Type;
  readonly #ownWriter: Writer;
  /** An error stands for a schema that exists and cannot be read as ours. */
  readonly #writers = new Map<number, Writer | PipelineError>();
  /** Until when an id counts as unknown, monotonic ms. */
  readonly #unknownUntilMs = new Map<number, number>();

  constructor(options: WriterSchemasOptions) {
    this.#options = options;
    this.#own = parseSchema(options.schemaText);
    this.#ownWriter = { check: shapeCheck(this.#own) };
  }

  /**
   * Fetches the schemas that these values were written with and that are not here yet.
   *
   * @throws {PipelineError} `REGISTRY_UNAVAILABLE`, `REGISTRY_REFUSED`.
   */
  async prepare(records: readonly WithValue[]): Promise<void> {
    const ids = this.#foreignIds(records);
    const missing = [...ids].filter((id) => !this.#writers.has(id) && !this.#isUnknown(id));
    for (const id of missing) {
      if (!this.#mayAsk()) return;
      dropOldest(this.#writers, writersMax - 1, ids);
      await this.#fetch(id);
    }
  }

  /**
   * How to read values with this schema id.
   *
   * @throws {PipelineError} `SCHEMA_UNKNOWN` if the registry does not know the id;
   *   `RECORD_MALFORMED` if its schema cannot be read as ours.
   */
  writerOf(id: number): Writer {
    if (id === this.#options.id) return this.#ownWriter;
    const writer = this.#writers.get(id);
    if (writer instanceof PipelineError) throw writer;
    if (writer !== undefined) return writer;
    throw new PipelineError(
      "SCHEMA_UNKNOWN",
      `Cannot decode value as schema ${id} must be known to the registry`,
      { context: { schemaId: id } },
    );
  }

  #foreignIds(records: readonly WithValue[]): Set<number> {
    const ids = new Set<number>();
    for (const { value } of records) {
      const id = value === null ? undefined : frameSchemaId(value);
      if (id !== undefined && id !== this.#options.id) ids.add(id);
    }
    return ids;
  }

  #isUnknown(id: number): boolean {
    return (this.#unknownUntilMs.get(id) ?? -Infinity) > this.#options.clock.monotonicMs();
  }

  /** Forgets ids that may be known by now; false while too many are left. */
  #mayAsk(): boolean {
    for (const id of this.#unknownUntilMs.keys()) {
      if (this.#isUnknown(id)) break; // they expire in their order
      this.#unknownUntilMs.delete(id);
    }
    return this.#unknownUntilMs.size < unknownIdsMax;
  }

  async #fetch(id: number): Promise<void> {
    try {
      this.#writers.set(id, this.#writer(id, await this.#options.registry.schemaById(id)));
    } catch (error) {
      if (!(error instanceof PipelineError && error.code === "SCHEMA_UNKNOWN")) throw error;
      this.#unknownUntilMs.set(id, this.#options.clock.monotonicMs() + unknownForMs);
    }
  }

  #writer(id: number, schemaText: string): Writer | PipelineError {
    try {
      const type = parseSchema(schemaText);
      const check = shapeCheck(type);
      if (type.equals(this.#own)) return { check };
      return { check, resolver: this.#options.reader.createResolver(type) };
    } catch (cause) {
      return new PipelineError(
        "RECORD_MALFORMED",
        `Cannot decode value as its schema ${id} must be readable as ${this.#own.name}`,
        { cause, context: { schemaId: id } },
      );
    }
  }
}

/** Forgets the oldest entries beyond `entriesMax`, but none of `needed`. */
function dropOldest<V>(
  entries: Map<number, V>,
  entriesMax: number,
  needed: ReadonlySet<number>,
): void {
  assert(Number.isInteger(entriesMax), `maximum must be an integer: ${entriesMax}`);
  for (const id of entries.keys()) {
    if (entries.size <= entriesMax) return;
    if (!needed.has(id)) entries.delete(id);
  }
}
