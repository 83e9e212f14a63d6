import { describeError } from "../base/errors.ts";

/** Words of the runtime's HTTP client, which gives its errors no codes, and what they mean. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [
    /invalid peer certificate: (?:UnknownIssuer|CaUsedAsEndEntity|BadSignature)/,
    "has a certificate that no authority trusted here has signed; check SCHEMA_REGISTRY_CA_FILE",
  ],
  [
    /invalid peer certificate/,
    "has a certificate that is not valid for it; check it and SCHEMA_REGISTRY_URL",
  ],
  [
    /received corrupt message of type InvalidContentType/,
    "does not answer in TLS; begin SCHEMA_REGISTRY_URL with http:// if that is a registry without " +
    "TLS, else check its host and port",
  ],
  [
    /invalid HTTP version parsed/,
    "does not answer in HTTP; begin SCHEMA_REGISTRY_URL with https:// if that is a registry with " +
    "TLS, else check its host and port",
  ],
];

/** Why a registry will not be reached, however often it is tried; `undefined` if it may be. */
export function tlsRefusal(error: unknown): string | undefined {
  const words = describeError(error);
  return refusals.find(([pattern]) => pattern.test(words))?.[1];
}
