import { ProtocolFault } from "./errors.ts";
import type { WireReader } from "./wire_reader.ts";
import { apiVersionsKey, type WireRequest } from "./wire_request.ts";

/** Finalized levels of the cluster's features by their names, as `transaction.version`. */
export type ClusterFeatures = ReadonlyMap<string, number>;

const finalizedFeatures = 2;

/** ApiVersions, asked for the features: kafkajs has asked for the versions, in version 2. */
export const featuresRequest: WireRequest<ClusterFeatures> = {
  apiKey: apiVersionsKey,
  apiName: "ApiVersions",
  versions: { min: 3, max: 4 },
  flexibleFrom: 3,
  encode: (writer) => writer.string("market-pipeline").string("0.1.0").tags(),
  decode: decodeFeatures,
};

function decodeFeatures(reader: WireReader): ClusterFeatures {
  const errorCode = reader.int16();
  if (errorCode !== 0) throw new ProtocolFault(errorCode, "ApiVersions");
  reader.array((r) => {
    r.int16(); // number of a request
    r.int16(); // oldest version
    r.int16(); // newest version
    r.tags();
  });
  reader.int32(); // throttle time
  const features = new Map<string, number>();
  reader.tags((tag, field) => {
    if (tag === finalizedFeatures) field.array((feature) => readFeature(feature, features));
  });
  return features;
}

function readFeature(reader: WireReader, features: Map<string, number>): void {
  const name = reader.text();
  features.set(name, reader.int16());
  reader.int16(); // lowest level that all brokers know
  reader.tags();
}
