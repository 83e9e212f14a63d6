import { PipelineError } from "../../src/base/errors.ts";
import type { SchemaRegistry } from "../../src/registry/ports.ts";

/**
 * A schema registry in memory: one id per text, whatever the subject, as Confluent's does.
 *
 * Knows no compatibility rules beyond "must be JSON".
 */
export class MemoryRegistry implements SchemaRegistry {
  /** Schema texts; the id is the index + 1. */
  readonly texts: string[] = [];
  /** Texts by subject, oldest version first. */
  readonly subjects: Map<string, string[]> = new Map();
  /** How often `schemaById` was asked, by id. */
  readonly asked: Map<number, number> = new Map();
  /** Thrown by both methods while set. */
  failure: PipelineError | undefined;

  async register(subject: string, schemaText: string): Promise<number> {
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    refuseUnlessJson(schemaText);
    const versions = this.subjects.get(subject) ?? [];
    if (!versions.includes(schemaText)) versions.push(schemaText);
    this.subjects.set(subject, versions);
    if (!this.texts.includes(schemaText)) this.texts.push(schemaText);
    return this.texts.indexOf(schemaText) + 1;
  }

  async schemaById(id: number): Promise<string> {
    await Promise.resolve();
    this.asked.set(id, (this.asked.get(id) ?? 0) + 1);
    if (this.failure !== undefined) throw this.failure;
    const text = this.texts[id - 1];
    if (text !== undefined) return text;
    throw new PipelineError("SCHEMA_UNKNOWN", `Cannot read schema as id ${id} must exist`);
  }
}

function refuseUnlessJson(schemaText: string): void {
  try {
    JSON.parse(schemaText);
  } catch (cause) {
    throw new PipelineError("REGISTRY_REFUSED", "Cannot register schema as it must be JSON", {
      cause,
    });
  }
}
