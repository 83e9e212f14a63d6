/** Versions of a request, both ends included. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** The versions that a broker reported when the connection was made, by the request's number. */
export type SpokenVersions = Readonly<
  Record<number, { readonly minVersion: number; readonly maxVersion: number } | undefined>
>;

/** A broker of a release that this program does not support, or a request of one: permanent. */
export class VersionFault extends Error {
  override readonly name = "VersionFault";
  /** The protocol's name of it. */
  readonly type = "UNSUPPORTED_VERSION";
}

/** What is asked, of whom. */
interface Asked {
  readonly apiKey: number;
  readonly apiName: string;
  readonly versions: VersionRange;
}

/**
 * The newest version of a request that both sides know.
 *
 * @throws {VersionFault} When there is none.
 */
export function negotiate(
  { apiKey, apiName, versions: { min, max } }: Asked,
  spoken: SpokenVersions,
  broker: string,
): number {
  const range = spoken[apiKey];
  if (range === undefined) throw new VersionFault(`${broker} does not speak ${apiName}`);
  const version = Math.min(max, range.maxVersion);
  if (version >= min && version >= range.minVersion) return version;
  throw new VersionFault(
    `${broker} speaks ${apiName} ${range.minVersion} to ${range.maxVersion}, ` +
      `this program ${min} to ${max}`,
  );
}

/** AddPartitionsToTxn, which brokers send each other in version 4 since Kafka 3.6. */
const addPartitionsToTxn = 24;
const since36 = 4;

/**
 * Ends a connection before anything is asked of a broker that is too old, rather than at the
 * first setting or request that it happens not to know.
 *
 * Kafka 3.6 is the first that bounds timestamps (`message.timestamp.after.max.ms`), and that keeps
 * late requests of a transaction out of it (KIP-890).
 *
 * @throws {VersionFault} If it is older.
 */
export function checkRelease(spoken: SpokenVersions, broker: string): void {
  if ((spoken[addPartitionsToTxn]?.maxVersion ?? 0) >= since36) return;
  throw new VersionFault(`${broker} is older than Kafka 3.6`);
}
