import type { Buffer } from "node:buffer";
import type { VersionRange } from "./versions.ts";
import { WireReader } from "./wire_reader.ts";
import { type WireForm, WireWriter } from "./wire_writer.ts";

/** A request that we encode and decode ourselves, in the version that the broker knows. */
export interface WireRequest<T> {
  readonly apiKey: number;
  readonly apiName: string;
  /** What `encode` and `decode` know; the newest that the broker knows too is used. */
  readonly versions: VersionRange;
  /** The first version in the flexible form. */
  readonly flexibleFrom: number;
  /** Time for the answer, ms, where it may take longer than usual. */
  readonly timeoutMs?: number;
  /** About how long the body is. */
  readonly sizeBytes?: number;
  readonly encode: (writer: WireWriter, version: number) => unknown;
  readonly decode: (reader: WireReader, version: number) => T;
}

/** ApiVersions: its answer has no tagged fields in the header, so that any client can read it. */
export const apiVersionsKey = 18;

/** The bytes after the classic request header (number, version, correlation id, client id). */
export function encodeRequest(request: WireRequest<unknown>, version: number): Buffer {
  const writer = new WireWriter(request.sizeBytes, formOf(request, version)).tags();
  request.encode(writer, version);
  return writer.finish();
}

/** Reads the bytes after the correlation id. */
export function decodeAnswer<T>(request: WireRequest<T>, version: number, payload: Buffer): T {
  const reader = new WireReader(payload, formOf(request, version));
  if (request.apiKey !== apiVersionsKey) reader.tags();
  return request.decode(reader, version);
}

function formOf({ flexibleFrom }: WireRequest<unknown>, version: number): WireForm {
  return version >= flexibleFrom ? "flexible" : "classic";
}
