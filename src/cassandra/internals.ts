/**
 * The slice of cassandra-driver below its `Client`, with types of our own.
 *
 * Nothing else knows the driver from inside. What is used: preparing a statement, the choice of a
 * host, time-outs, tries again, its end. What is not: its encoding of batches.
 *
 * @see docs/adr/0016-speed-of-the-cassandra-sink.md
 */
import type { Buffer } from "node:buffer";
import { type Client, types } from "cassandra-driver";
import executionOptions from "cassandra-driver/lib/execution-options.js";
import PrepareHandler from "cassandra-driver/lib/prepare-handler.js";
import RequestHandler from "cassandra-driver/lib/request-handler.js";
import writers from "cassandra-driver/lib/writers.js";

/** A place of a statement, as the server describes it. */
export interface PlaceType {
  readonly name: string;
  /** One of `types.dataTypes`. */
  readonly type: { readonly code: number };
}

/** A statement that the server knows. */
export interface PreparedStatement {
  readonly query: string;
  readonly keyspace: string;
  readonly id: Buffer;
  /** In their order. */
  readonly places: readonly PlaceType[];
}

/** Statements as bytes, of partitions that the same nodes keep. */
export interface EncodedBatch {
  readonly statement: PreparedStatement;
  /** How many statements the bytes hold. */
  readonly count: number;
  /** Each as the protocol has it in a BATCH: kind, id, number of values, values. */
  readonly bytes: Buffer;
  /** Partition key of one of them as the driver hashes it, to find these nodes. */
  readonly routingKey: Buffer;
}

/** Values of the driver that we only pass through. */
interface ExecutionOptions {
  getLoadBalancingPolicy(): unknown;
  getConsistency(): types.consistencies;
}

interface FrameWriter {
  writeByte(value: number): void;
  writeShort(value: number): void;
  writeInt(value: number): void;
  add(bytes: Uint8Array): void;
  write(protocolVersion: number, streamId: number): Buffer;
}

interface Inner {
  createOptions(options: object, client: Client): ExecutionOptions;
  getPrepared(
    client: Client,
    loadBalancing: unknown,
    query: string,
    keyspace: string,
  ): Promise<
    {
      readonly queryId: Buffer;
      readonly meta: { readonly keyspace: string; readonly columns: readonly PlaceType[] };
    }
  >;
  send(request: BatchRequest, options: ExecutionOptions, client: Client): Promise<unknown>;
  readonly FrameWriter: new (opcode: number) => FrameWriter;
}

const inner = {
  createOptions: executionOptions.DefaultExecutionOptions.create,
  getPrepared: PrepareHandler.getPrepared,
  send: RequestHandler.send,
  FrameWriter: writers.FrameWriter,
} as unknown as Inner;

/** Gives a statement an id on the servers; the driver keeps it, so that asking again is cheap. */
export async function prepareStatement(client: Client, query: string): Promise<PreparedStatement> {
  const loadBalancing = inner.createOptions({}, client).getLoadBalancingPolicy();
  const { queryId, meta } = await inner.getPrepared(client, loadBalancing, query, client.keyspace);
  return { query, keyspace: meta.keyspace, id: queryId, places: meta.columns };
}

/**
 * Sends an unlogged batch to a node that keeps its partitions.
 *
 * A statement that the server has forgotten is prepared again by the driver, as with its own
 * batches.
 */
export async function sendBatch(client: Client, batch: EncodedBatch): Promise<void> {
  const { routingKey, statement: { keyspace } } = batch;
  const options = inner.createOptions({ routingKey, keyspace }, client);
  await inner.send(new BatchRequest(batch, options.getConsistency()), options, client);
}

/** The part of a client that hears of changed schemas. */
interface HearsOfSchemas {
  readonly controlConnection: {
    readonly _debouncer: { eventReceived(event: unknown): Promise<void> };
  };
}

/**
 * Ends a client. A change of a schema that it hears of while it ends is nothing to it: the driver
 * would start a timer for it that outlives the client.
 */
export async function endClient(client: Client): Promise<void> {
  const { controlConnection } = client as unknown as HearsOfSchemas;
  controlConnection._debouncer.eventReceived = () => Promise.resolve();
  await client.shutdown();
}

/** What the protocol calls BATCH, and a batch that is not logged. */
const batchOpcode = 0x0d;
const unlogged = 1;
const noFlags = 0;

/** A request as the driver's connections take it. */
export class BatchRequest {
  /** What the driver shows to its policies. */
  readonly query: string;
  readonly #batch: EncodedBatch;
  readonly #consistency: types.consistencies;

  constructor(batch: EncodedBatch, consistency: types.consistencies) {
    this.query = batch.statement.query;
    this.#batch = batch;
    this.#consistency = consistency;
  }

  /**
   * The frame: type, number of statements, statements, consistency, and no flags, as every
   * statement has its own write time.
   */
  write({ protocolVersion }: { readonly protocolVersion: number }, streamId: number): Buffer {
    const frame = new inner.FrameWriter(batchOpcode);
    frame.writeByte(unlogged);
    frame.writeShort(this.#batch.count);
    frame.add(this.#batch.bytes);
    frame.writeShort(this.#consistency);
    if (protocolVersion < types.protocolVersion.dseV1) frame.writeByte(noFlags);
    else frame.writeInt(noFlags);
    return frame.write(protocolVersion, streamId);
  }

  /** For a try with another answer to the same statement's preparation. */
  clone(): BatchRequest {
    return new BatchRequest(this.#batch, this.#consistency);
  }
}
