/**
 * What is wrong with a server's certificate, by the codes that `node:tls` gives its errors. None of
 * it goes away by itself.
 */
const certificateFaults: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "is not signed by an authority that is trusted",
  UNABLE_TO_GET_ISSUER_CERT: "is not signed by an authority that is trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "is not signed by an authority that is trusted",
  SELF_SIGNED_CERT_IN_CHAIN: "is not signed by an authority that is trusted",
  DEPTH_ZERO_SELF_SIGNED_CERT: "is not signed by an authority that is trusted",
  CERT_UNTRUSTED: "is not signed by an authority that is trusted",
  CERT_SIGNATURE_FAILURE: "has a signature that is wrong",
  CERT_NOT_YET_VALID: "is not valid yet",
  CERT_HAS_EXPIRED: "has expired",
  CERT_REVOKED: "was revoked",
  ERR_TLS_CERT_ALTNAME_INVALID: "is for another host than the one that was asked",
};

/** What is wrong with the server's certificate, or `undefined` if the error says nothing of it. */
export function certificateFault(error: unknown): string | undefined {
  const code = errorCodeOf(error);
  return code === undefined ? undefined : certificateFaults[code];
}

/** The system's or the runtime's code of an error, as `ECONNRESET`. */
export function errorCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
