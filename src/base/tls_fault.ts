import { describeError } from "./errors.ts";

/** What is wrong with a server's certificate. None of it goes away by itself. */
export type CertificateFault =
  | "unknown authority"
  | "other host"
  | "expired"
  | "not yet valid"
  | "revoked"
  | "not verified";

/** By the codes that `node:tls` gives its errors. */
const faultsByCode: Readonly<Record<string, CertificateFault>> = {
  // Deno says this of every certificate that it cannot verify and that is signed by another one.
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "not verified",
  UNABLE_TO_GET_ISSUER_CERT: "unknown authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unknown authority",
  SELF_SIGNED_CERT_IN_CHAIN: "unknown authority",
  DEPTH_ZERO_SELF_SIGNED_CERT: "unknown authority",
  CERT_UNTRUSTED: "unknown authority",
  CERT_SIGNATURE_FAILURE: "unknown authority",
  CERT_NOT_YET_VALID: "not yet valid",
  CERT_HAS_EXPIRED: "expired",
  CERT_REVOKED: "revoked",
  ERR_TLS_CERT_ALTNAME_INVALID: "other host",
};

/** By the words of the runtime's HTTP client, which gives its errors no codes. */
const faultsByWords: readonly (readonly [RegExp, CertificateFault])[] = [
  [/certificate: .*?(?:UnknownIssuer|CaUsedAsEndEntity|BadSignature)/, "unknown authority"],
  [/certificate: .*?(?:not valid for name|NotValidForName)/, "other host"],
  [/certificate: .*?[Ee]xpired/, "expired"],
  [/certificate: .*?(?:not valid yet|NotValidYet)/, "not yet valid"],
  [/certificate: .*?[Rr]evoked/, "revoked"],
  [/invalid peer certificate/, "not verified"],
];

/** What the server's certificate has to do with an error, if anything. */
export function certificateFault(error: unknown): CertificateFault | undefined {
  const text = describeError(error);
  return faultsByCode[errorCodeOf(error) ?? ""] ??
    faultsByWords.find(([words]) => words.test(text))?.[1];
}

/** Where an operator sets what a certificate is checked against, as words of a sentence. */
export interface CertificateChecks {
  /** As "check KAFKA_CA_FILE". */
  readonly authority: string;
  /** As "check KAFKA_URL". */
  readonly host: string;
}

/** A fault and what to do about it, for a sentence that begins with "its certificate". */
export function certificateProblem(
  fault: CertificateFault,
  { authority, host }: CertificateChecks,
): string {
  switch (fault) {
    case "unknown authority":
      return `is not signed by an authority that is trusted here; ${authority}`;
    case "other host":
      return `is for another host than the one that was asked; ${host}, or replace it by one for ` +
        "that host";
    case "expired":
      return "has expired; renew it, or correct this machine's clock";
    case "not yet valid":
      return "is not valid yet; correct this machine's clock, or use a certificate of today";
    case "revoked":
      return "was revoked; replace it";
    case "not verified":
      return "cannot be verified: its authority, its dates or this machine's clock may be wrong; " +
        authority;
  }
}

/** How long a server may take to show its certificate, ms. */
const showMsMax = 2_000;

/** What is used of a socket of `node:tls`. */
export interface ShowingSocket {
  getPeerCertificate(): { readonly valid_from?: string; readonly valid_to?: string };
  setTimeout(ms: number, timedOut: () => void): unknown;
  on(event: "error" | "close", listener: () => void): unknown;
  destroy(): unknown;
}

/**
 * An error of the same meaning that says, too, whether it is the dates of the certificate that are
 * wrong: Deno's `node:tls` does not tell. Asks the server for its certificate once more, and
 * nothing else.
 *
 * @param connect Connects without a check, and calls back as soon as the certificate is there.
 */
export async function toldApart(
  error: unknown,
  nowMs: number,
  connect: (shown: () => void) => ShowingSocket,
): Promise<unknown> {
  if (certificateFault(error) !== "not verified") return error;
  const { promise, resolve } = Promise.withResolvers<"shown" | "nothing">();
  const socket = connect(() => resolve("shown"));
  const nothing = () => resolve("nothing");
  socket.setTimeout(showMsMax, nothing);
  socket.on("error", nothing);
  socket.on("close", nothing);
  try {
    if (await promise === "nothing") return error;
    const code = codeByDates(socket.getPeerCertificate(), nowMs);
    const { name, message } = error as Error;
    return Object.assign(new Error(message, { cause: error }), { name, code });
  } finally {
    socket.destroy();
  }
}

function codeByDates(
  { valid_from: from = "", valid_to: until = "" }: ReturnType<ShowingSocket["getPeerCertificate"]>,
  nowMs: number,
): string {
  if (nowMs < Date.parse(from)) return "CERT_NOT_YET_VALID";
  return nowMs > Date.parse(until) ? "CERT_HAS_EXPIRED" : "UNABLE_TO_GET_ISSUER_CERT_LOCALLY";
}

/** The system's or the runtime's code of an error, as `ECONNRESET`. */
export function errorCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
