import assert from "node:assert/strict";
import { tlsRefusal } from "../../../src/registry/tls_refusal.ts";

/** An error as the runtime's HTTP client makes it. */
function fetchError(words: string): Error {
  return new TypeError("fetch failed", { cause: new Error(`client error (Connect): ${words}`) });
}

for (
  const [words, refusal] of [
    ["invalid peer certificate: UnknownIssuer", /check SCHEMA_REGISTRY_CA_FILE$/],
    ["invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))", /REGISTRY_CA_FILE$/],
    ["invalid peer certificate: Expired", /certificate that has expired; renew it/],
    ["invalid peer certificate: certificate expired: verification time 1", /has expired; renew/],
    ["invalid peer certificate: certificate not valid yet: verification", /is not valid yet/],
    [
      'invalid peer certificate: certificate not valid for name "a"; it',
      /check SCHEMA_REGISTRY_URL/,
    ],
    ["invalid peer certificate: UnhandledCriticalExtension", /cannot be verified/],
    [
      "received corrupt message of type InvalidContentType",
      /begin SCHEMA_REGISTRY_URL with http:\/\/ .*check its host and port$/,
    ],
    [
      "invalid HTTP version parsed",
      /begin SCHEMA_REGISTRY_URL with https:\/\/ .*check its host and port$/,
    ],
  ] as const
) {
  Deno.test(`tlsRefusal() knows that "${words}" will not go away`, () => {
    assert.match(tlsRefusal(fetchError(words)) ?? "", refusal);
  });
}

Deno.test("tlsRefusal() lets a connection that broke be tried again", () => {
  for (const words of ["Connection refused (os error 111)", "tls handshake eof"]) {
    assert.equal(tlsRefusal(fetchError(words)), undefined);
  }
});
