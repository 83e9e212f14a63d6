import { certificateFault, certificateProblem, errorCodeOf } from "../../base/tls_fault.ts";

/** Codes of errors by which our sockets say what the listener wants. */
export const tlsExpected = "TLS_EXPECTED";
export const tlsNotSpoken = "TLS_NOT_SPOKEN";
export const loginExpected = "LOGIN_EXPECTED";

const listener = "KAFKA_SECURITY_PROTOCOL and the ports in KAFKA_URL";

const checks = {
  authority: "check KAFKA_CA_FILE",
  host: "check the hosts in KAFKA_URL and the broker's advertised.listeners",
};

/** What a broker's refusal means, and which settings to look at. */
const refusals: Readonly<Record<string, string>> = {
  SASL_AUTHENTICATION_FAILED: "it refuses the user name or the password; check KAFKA_USERNAME, " +
    "KAFKA_PASSWORD and KAFKA_SASL_MECHANISM",
  UNSUPPORTED_SASL_MECHANISM: "it does not know this way to log in; check KAFKA_SASL_MECHANISM",
  ILLEGAL_SASL_STATE: `the listener takes no login; check ${listener}`,
  [tlsExpected]: `the listener wants TLS; check ${listener}`,
  [loginExpected]: `the listener wants a login; check ${listener}`,
  [tlsNotSpoken]: `the listener does not speak TLS; check ${listener}`,
};

/** Why Kafka refuses connections, from an error type; `undefined` if that is not the matter. */
export function refusalOfType(type: string): string | undefined {
  return refusals[type];
}

/** As `refusalOfType`, from the code of a socket's error. */
export function refusalOfSocket(error: unknown): string | undefined {
  const fault = certificateFault(error);
  if (fault !== undefined) return `the broker's certificate ${certificateProblem(fault, checks)}`;
  return refusals[errorCodeOf(error) ?? ""];
}
