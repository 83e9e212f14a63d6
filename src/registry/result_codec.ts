import type { Clock } from "../base/clock.ts";
import type { PublishedWindow } from "../market/rows.ts";
import type { Codec } from "../streams/topology/codec.ts";
import { AvroCodec } from "./avro_codec.ts";
import type { SchemaRegistry } from "./ports.ts";
import { windowResultSchemaText } from "./schemas.ts";

/** Where our names differ from the schema's, which are those of the tables' columns. */
const fieldNames = {
  window_start: "startMs",
  window_end: "endMs",
  trade_count: "count",
  price_volume_multiply: "priceVolumeMultiply",
  ingest_timestamp: "receivedAtMs",
  write_time: "versionUs",
};

/**
 * Registers the schema of the results topic under `<topic>-value`, and makes its codec.
 *
 * @throws {PipelineError} `REGISTRY_UNAVAILABLE`, `REGISTRY_REFUSED`.
 */
export function createResultCodec(
  { registry, topic, clock }: {
    readonly registry: SchemaRegistry;
    readonly topic: string;
    readonly clock: Clock;
  },
): Promise<Codec<PublishedWindow>> {
  const [subject, schemaText] = [`${topic}-value`, windowResultSchemaText];
  return AvroCodec.create({ registry, subject, schemaText, fieldNames, clock });
}
