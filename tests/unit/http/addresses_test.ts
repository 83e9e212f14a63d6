import assert from "node:assert/strict";
import { type AddressSettings, ownAddresses, reachWarning } from "../../../src/http/addresses.ts";
import type { Addresses } from "../../../src/streams/ports.ts";

const bound = "http://localhost:8080";

interface Row {
  readonly advertised?: string;
  readonly peer?: string;
  readonly host: string;
  readonly told: Addresses;
}

const rows: readonly Row[] = [
  { host: "127.0.0.1", told: { address: bound } },
  { host: "0.0.0.0", told: {} },
  { host: "[::]", told: {} },
  {
    advertised: "https://a:8443",
    host: "0.0.0.0",
    told: { address: "https://a:8443" },
  },
  {
    advertised: "https://a:8443",
    host: "127.0.0.1",
    told: { address: "https://a:8443" },
  },
  {
    peer: "http://c1:8080",
    host: "0.0.0.0",
    told: { peer: "http://c1:8080" },
  },
  {
    peer: "http://c1:8080",
    host: "127.0.0.1",
    told: { address: bound, peer: "http://c1:8080" },
  },
];

for (const { advertised, peer, host, told } of rows) {
  Deno.test(`ownAddresses() of ${advertised} and ${peer} on ${host}`, () => {
    const settings: AddressSettings = {
      httpAdvertisedUrl: advertised,
      httpPeerUrl: peer,
      httpHost: host,
    };
    const addresses = ownAddresses(settings, { url: bound, run: "r1" });
    assert.deepEqual(addresses, { ...told, run: "r1" });
    const isReached = advertised !== undefined || peer !== undefined || host === "127.0.0.1";
    assert.equal(reachWarning(addresses) === undefined, isReached);
  });
}

Deno.test("ownAddresses() leaves out the usual port, as origins do", () => {
  const settings = { httpAdvertisedUrl: undefined, httpPeerUrl: undefined, httpHost: "localhost" };
  assert.deepEqual(ownAddresses(settings, { url: "http://localhost:80", run: "r1" }), {
    address: "http://localhost",
    run: "r1",
  });
});
