/**
 * Numbers for schemas, shared by all readers and writers of a topic.
 *
 * Every implementation passes `tests/contract/schema_registry.ts`.
 */
export interface SchemaRegistry {
  /**
   * Makes a schema known under a subject; the same text under the same subject keeps its id.
   *
   * @param schemaText Avro schema as JSON.
   * @returns The schema's id, 0 <= id < 2^31.
   * @throws {PipelineError} `REGISTRY_UNAVAILABLE` (try again) or `REGISTRY_REFUSED` (an
   *   incompatible or invalid schema, no permission).
   */
  register(subject: string, schemaText: string): Promise<number>;
  /**
   * The schema with this id, as JSON.
   *
   * @throws {PipelineError} `SCHEMA_UNKNOWN` if there is none; `REGISTRY_UNAVAILABLE`,
   *   `REGISTRY_REFUSED`.
   */
  schemaById(id: number): Promise<string>;
}
