import assert from "node:assert/strict";
import { type Logger, silentLogger } from "../../../../src/base/logger.ts";
import { Secret } from "../../../../src/base/secret.ts";
import {
  PeerAccess,
  type PeerAccessOptions,
  proofHeader,
} from "../../../../src/http/peers/peer_access.ts";
import { SimulatedClock } from "../../../../src/streams/testing/simulated_clock.ts";
import { hostileOrigins } from "../../../support/hostile/origins.ts";

const token = new Secret("shared-by-the-instances");
const { signal } = new AbortController();

function access(options: Partial<PeerAccessOptions> = {}): PeerAccess {
  const ask = () => Promise.resolve(new Response(""));
  return new PeerAccess({ application: "market", ask, clock: new SimulatedClock(), ...options });
}

Deno.test("PeerAccess.peerOf() is the address for instances, else the one for clients", () => {
  const [address, peer] = ["http://a:8080", "http://c1:8080"];
  assert.equal(access().peerOf({ address, peer }), peer);
  assert.equal(access().peerOf({ address }), address);
  assert.equal(access().peerOf({}), undefined);
  assert.equal(access().peerOf(undefined), undefined);
});

Deno.test("PeerAccess.peerOf() believes nothing but an origin", () => {
  for (const peer of hostileOrigins) assert.equal(access().peerOf({ peer }), undefined, peer);
});

Deno.test("PeerAccess.peerOf() with hosts asks no other, by name or by domain", () => {
  const some = access({ hosts: ["a", ".market.svc", "[::1]"] });
  for (const peer of ["http://a:8080", "https://p-0.market.svc", "http://[::1]:8080"]) {
    assert.equal(some.peerOf({ peer }), peer);
  }
  const others = ["http://b", "http://market.svc", "http://xmarket.svc", "http://a.evil.example"];
  for (const peer of others) assert.equal(some.peerOf({ peer }), undefined, peer);
});

Deno.test("PeerAccess.peerOf() with a token believes what its instances have signed, as it is", () => {
  const own = access({ token });
  const signed = own.vouchFor({ address: "http://a:8080", peer: "http://c1:8080", run: "r1" });
  assert.equal(access({ token }).peerOf(signed), "http://c1:8080");
  const unsigned = { address: "http://a:8080", peer: "http://c1:8080" };
  const strangers = [
    unsigned,
    { ...unsigned, proof: "" },
    { ...signed, peer: "http://evil.example" },
    { ...signed, run: "r0" },
    { ...signed, address: "http://evil.example" },
    { address: "http://c1:8080", proof: signed.proof ?? "" },
    access({ token: new Secret("another") }).vouchFor(unsigned),
    access({ token, application: "other" }).vouchFor(unsigned),
    access().vouchFor(unsigned),
  ];
  for (const owner of strangers) assert.equal(own.peerOf(owner), undefined, JSON.stringify(owner));
});

Deno.test("PeerAccess says once of each address why it is not asked", async () => {
  const lines: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => lines.push(`${fields?.["address"]}: ${message}`),
  };
  const own = access({ token, hosts: ["a", "b"], logger });
  for (let i = 0; i < 2; i++) {
    for (const peer of ["http://a", "http://evil.example"]) own.peerOf({ peer });
    await assert.rejects(own.ask("http://b/livez", signal));
  }
  assert.equal(lines.length, 3, lines.join("\n"));
  assert.match(lines[0] ?? "", /^http:\/\/a: .*its address must be signed with the token/);
  assert.match(lines[1] ?? "", /^http:\/\/evil.example: .*HTTP_PEER_HOSTS must list its host/);
  assert.match(lines[2] ?? "", /^http:\/\/b: .*its answer must prove the token/);
});

Deno.test("PeerAccess.ask() sends no token, and takes an answer of an instance only", async () => {
  const clock = new SimulatedClock();
  const asked: [string, string][] = [];
  const owner = access({ token, clock });
  const answering = (proofOf: (request: Request) => string | undefined) =>
    access({
      token,
      clock,
      ask: (url, _signal, headers = {}) => {
        asked.push([url, JSON.stringify(headers)]);
        const proof = proofOf(new Request(url, { headers }));
        return Promise.resolve(
          new Response("told", { headers: proof === undefined ? {} : { [proofHeader]: proof } }),
        );
      },
    });
  const url = "http://a:8080/api/symbols?scope=local";
  const answer = await answering((request) => owner.answerTo(request)).ask(url, signal);
  assert.equal(await answer.text(), "told");
  for (const stranger of [() => undefined, () => "x", () => "A".repeat(43)]) {
    await assert.rejects(answering(stranger).ask(url, signal), { name: "Error" });
  }
  const repeated = (request: Request) => request.headers.get(proofHeader)?.split(".")[1];
  await assert.rejects(answering(repeated).ask(url, signal), { name: "Error" });
  for (const [, headers] of asked) assert.ok(!headers.includes(token.reveal()));
});

Deno.test("PeerAccess.ask() without a token proves nothing, and asks for no proof", async () => {
  let sent: unknown;
  const plain = access({
    ask: (_url, _signal, headers) => {
      sent = headers;
      return Promise.resolve(new Response("told"));
    },
  });
  assert.equal(await (await plain.ask("http://a/livez", signal)).text(), "told");
  assert.deepEqual(sent, {});
});

Deno.test("PeerAccess.answerTo() knows a request for its host, path and time, and no other", async () => {
  const clock = new SimulatedClock();
  const own = access({ token, clock });
  let header = "";
  const asking = access({
    token,
    clock,
    ask: (_url, _signal, headers = {}) => {
      header = headers[proofHeader] ?? "";
      return Promise.reject(new Error("sent"));
    },
  });
  const url = "http://a:8080/api/candles?symbol=A&scope=local";
  await assert.rejects(asking.ask(url, signal));
  const request = (asked: string, proof: string, method = "GET") =>
    new Request(asked, { method, headers: { [proofHeader]: proof } });
  assert.match(own.answerTo(request(url, header)) ?? "", /^[\w-]{43}$/);
  const [time = "", mac = ""] = header.split(".");
  const strangers: readonly (readonly [string, string, string?])[] = [
    ["http://b:8080/api/candles?symbol=A&scope=local", header],
    ["http://a:8081/api/candles?symbol=A&scope=local", header],
    ["http://a:8080/api/trades?symbol=A&scope=local", header],
    ["http://a:8080/api/candles?symbol=B&scope=local", header],
    [url, `${Number(time) + 1}.${mac}`],
    [url, `${time}.${mac.slice(1)}x`],
    [url, `${time}.`],
    [url, mac],
    [url, ""],
    [url, `1e9.${mac}`],
    [url, header, "HEAD"],
    [url, header, "POST"],
  ];
  for (const [asked, proof, method] of strangers) {
    assert.equal(own.answerTo(request(asked, proof, method)), undefined, `${asked} ${proof}`);
  }
  assert.equal(own.answerTo(new Request(url)), undefined);
  assert.equal(access({ clock }).answerTo(request(url, header)), undefined);
  await clock.advance(60_001);
  assert.equal(own.answerTo(request(url, header)), undefined);
});
