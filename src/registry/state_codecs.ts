import type { Clock } from "../base/clock.ts";
import type { Candle } from "../market/candle.ts";
import type { Codec } from "../streams/topology/codec.ts";
import type { EngineCodecs, TaskMeta } from "../streams/state/state.ts";
import type { WindowState } from "../streams/topology/key_state.ts";
import { AvroCodec } from "./avro_codec.ts";
import type { SchemaRegistry } from "./ports.ts";
import { taskMetaSchemaText, windowStateSchemaText } from "./schemas.ts";
import { WindowCodec, type WindowRecord } from "./window_codec.ts";

/** What the state codecs are made from. */
export interface StateCodecsOptions {
  readonly registry: SchemaRegistry;
  /** One changelog carries several kinds of value; each schema has its subject under this name. */
  readonly changelogTopic: string;
  readonly clock?: Clock;
}

/** How a market task's state is written, in its store and in its changelog. */
export interface StateCodecs extends EngineCodecs {
  readonly windowState: Codec<WindowState<Candle>>;
}

/**
 * Registers the state schemas and makes their codecs.
 *
 * Subjects: `<changelog topic>-window` and `-meta`; the first byte of a record's key says which of
 * the two its value is (`w` and, rolled up, `r`; `m`). Values of `k` are the engine's own, with
 * windows in them (`src/streams/state/key_row.ts`).
 *
 * @throws {PipelineError} `REGISTRY_UNAVAILABLE`, `REGISTRY_REFUSED`.
 * @see docs/adr/0005-schemas-of-input-and-state.md
 */
export async function createStateCodecs(options: StateCodecsOptions): Promise<StateCodecs> {
  const { changelogTopic, ...rest } = options;
  const create = <T>(kind: string, schemaText: string): Promise<AvroCodec<T>> =>
    AvroCodec.create<T>({ ...rest, subject: `${changelogTopic}-${kind}`, schemaText });
  const windows = await create<WindowRecord>("window", windowStateSchemaText);
  return {
    windowState: new WindowCodec(windows),
    meta: await create<TaskMeta>("meta", taskMetaSchemaText),
  };
}
