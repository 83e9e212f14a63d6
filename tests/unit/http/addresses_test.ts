import assert from "node:assert/strict";
import { type AddressSettings, ownAddresses, peerOf } from "../../../src/http/addresses.ts";
import type { Addresses } from "../../../src/streams/ports.ts";

const bound = "http://localhost:8080";

interface Row {
  readonly advertised?: string;
  readonly peer?: string;
  readonly host: string;
  readonly told: Addresses;
  /** Where other instances ask it. */
  readonly asked: string | undefined;
}

const rows: readonly Row[] = [
  { host: "127.0.0.1", told: { address: bound }, asked: bound },
  { host: "0.0.0.0", told: {}, asked: undefined },
  { host: "[::]", told: {}, asked: undefined },
  {
    advertised: "https://a:8443",
    host: "0.0.0.0",
    told: { address: "https://a:8443" },
    asked: "https://a:8443",
  },
  {
    advertised: "https://a:8443",
    host: "127.0.0.1",
    told: { address: "https://a:8443" },
    asked: "https://a:8443",
  },
  {
    peer: "http://c1:8080",
    host: "0.0.0.0",
    told: { peer: "http://c1:8080" },
    asked: "http://c1:8080",
  },
  {
    peer: "http://c1:8080",
    host: "127.0.0.1",
    told: { address: bound, peer: "http://c1:8080" },
    asked: "http://c1:8080",
  },
];

for (const { advertised, peer, host, told, asked } of rows) {
  Deno.test(`ownAddresses() of ${advertised} and ${peer} on ${host}; peerOf() is ${asked}`, () => {
    const settings: AddressSettings = {
      httpAdvertisedUrl: advertised,
      httpPeerUrl: peer,
      httpHost: host,
    };
    const addresses = ownAddresses(settings, bound);
    assert.deepEqual(addresses, told);
    assert.equal(peerOf(addresses), asked);
  });
}
