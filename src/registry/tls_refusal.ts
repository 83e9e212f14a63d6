import { describeError } from "../base/errors.ts";
import { certificateFault, certificateProblem } from "../base/tls_fault.ts";

/** Words of the runtime's HTTP client, which gives its errors no codes, and what they mean. */
const refusals: readonly (readonly [RegExp, string])[] = [
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

const checks = { authority: "check SCHEMA_REGISTRY_CA_FILE", host: "check SCHEMA_REGISTRY_URL" };

/**
 * Why a registry will not be reached, however often it is tried, as words after its URL;
 * `undefined` if it may be.
 */
export function tlsRefusal(error: unknown): string | undefined {
  const fault = certificateFault(error);
  if (fault !== undefined) return `has a certificate that ${certificateProblem(fault, checks)}`;
  const words = describeError(error);
  return refusals.find(([pattern]) => pattern.test(words))?.[1];
}
