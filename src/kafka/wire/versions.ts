/** Versions of a request, both ends included. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** The versions that a broker reported when the connection was made, by the request's number. */
export type SpokenVersions = Readonly<
  Record<number, { readonly minVersion: number; readonly maxVersion: number } | undefined>
>;

/** A request of which the broker and we know no version in common: permanent. */
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
