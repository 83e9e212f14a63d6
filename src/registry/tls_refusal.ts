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
    "does not speak TLS; SCHEMA_REGISTRY_URL must begin with http://",
  ],
  [
    /invalid HTTP version parsed/,
    "does not speak plain HTTP; SCHEMA_REGISTRY_URL must begin with https://",
  ],
];

/** Why a registry will not be reached, however often it is tried; `undefined` if it may be. */
export function tlsRefusal(error: unknown): string | undefined {
  const words = describeError(error);
  return refusals.find(([pattern]) => pattern.test(words))?.[1];
}
