import avro from "avsc";
import { PipelineError } from "../base/errors.ts";

/** Characters of a schema that is read. Ours have up to 1,600; comparing two takes time by size. */
export const schemaCharsMax = 65_536;

/** Lists and objects within each other in a schema; each level is one of the stack. */
const schemaNestingMax = 128;

/**
 * Reads a schema of another writer.
 *
 * @throws {PipelineError} `RECORD_MALFORMED` if it is not an Avro schema, or larger than any is.
 */
export function parseSchema(schemaText: string): avro.Type {
  try {
    if (schemaText.length > schemaCharsMax) {
      throw new RangeError(`schema is longer than ${schemaCharsMax} characters`);
    }
    const schema: unknown = JSON.parse(schemaText);
    refuseDeep(schema, schemaNestingMax);
    return avro.Type.forSchema(schema as avro.Schema);
  } catch (cause) {
    throw new PipelineError("RECORD_MALFORMED", "Cannot use schema as it must be Avro", { cause });
  }
}

function refuseDeep(value: unknown, levelsLeft: number): void {
  if (typeof value !== "object" || value === null) return;
  if (levelsLeft === 0) throw new RangeError(`schema is nested beyond ${schemaNestingMax} levels`);
  for (const inner of Object.values(value)) refuseDeep(inner, levelsLeft - 1);
}

/** Our names for the fields of a schema, by the schema's own. */
export type FieldNames = Readonly<Record<string, string>>;

/**
 * A type that reads and writes the same bytes as the schema, with our field names in memory.
 *
 * Avro's bytes hold values in field order and no names, so renaming costs nothing and saves
 * building every object twice. The schema's names stay as aliases, by which avsc finds the fields
 * of other writers' schemas. Values are plain objects.
 */
export function localType(schemaText: string, names: FieldNames = {}): avro.Type {
  const renamed = JSON.parse(schemaText, (_key, value) => renameField(value, names));
  return avro.Type.forSchema(renamed, {
    omitRecordMethods: true,
    typeHook(schema, options) {
      if (!isRecordSchema(schema)) return undefined;
      const type = new avro.types.RecordType(schema, options);
      type.recordConstructor.prototype = Object.prototype;
      return type;
    },
  });
}

function isRecordSchema(schema: unknown): schema is avro.schema.RecordType {
  return typeof schema === "object" && schema !== null && "fields" in schema;
}

function renameField(value: unknown, names: FieldNames): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (!("name" in value && "type" in value) || "fields" in value) return value;
  const name = String(value.name);
  return names[name] === undefined ? value : { ...value, name: names[name], aliases: [name] };
}
