/** Certificates that are wrong, each shown to every client: each is told what is wrong with it. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { dispositionOf } from "../../src/base/errors.ts";
import { type Logger, silentLogger } from "../../src/base/logger.ts";
import { connectCassandra } from "../../src/cassandra/connect.ts";
import { PeerAccess } from "../../src/http/peers/peer_access.ts";
import { askByFetch } from "../../src/http/within.ts";
import { connectKafka } from "../../src/kafka/connection.ts";
import { HttpSchemaRegistry } from "../../src/registry/registry_client.ts";
import {
  type CertificateKind,
  certificateKinds,
  type FaultyCertificates,
  makeFaultyCertificates,
} from "../support/faulty_certificates.ts";

let folder: string;
let made: FaultyCertificates;
let authorities: string;

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "market-certificates-" });
  made = await makeFaultyCertificates(folder);
  authorities = await Deno.readTextFile(made.authority);
});

Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** Shakes hands and hangs up. */
function server(kind: CertificateKind): Disposable & { readonly port: number } {
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...made.shown[kind] });
  void (async () => {
    for await (const connection of listener) {
      connection.handshake().catch(() => {}).finally(() => connection.close());
    }
  })().catch(() => {});
  return { port: listener.addr.port, [Symbol.dispose]: () => listener.close() };
}

async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.then(() => undefined, (error: unknown) => error);
  assert.equal(dispositionOf(error), "stop", String(error));
  return String(error);
}

/** What the log says when one instance asks another. */
async function said(url: string): Promise<string> {
  const lines: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (message) => lines.push(message) };
  using client = Deno.createHttpClient({ caCerts: [authorities] });
  const ask = askByFetch(client);
  const peers = new PeerAccess({ application: "market", ask, clock: systemClock, logger });
  for (let i = 0; i < 2; i++) {
    await assert.rejects(peers.ask(`${url}/livez`, new AbortController().signal));
  }
  return lines.join("\n");
}

/** In a program of its own: the feed has the authorities of the runtime. */
async function feedProblem(url: string): Promise<string> {
  const script = new URL("./fixtures/feed_problem.ts", import.meta.url).pathname;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", "--allow-env", "--allow-read", script, url],
    env: { DENO_CERT: made.authority },
  }).output();
  return new TextDecoder().decode(stdout);
}

interface Client {
  readonly name: string;
  /** What it says of a server at this port. */
  readonly ask: (port: number) => Promise<string>;
  /** What it names where the authority, and where the host is the matter. */
  readonly checks: readonly [RegExp, RegExp];
}

const host = "127.0.0.1";

const clients: readonly Client[] = [
  {
    name: "Kafka",
    async ask(port) {
      const security = { tls: { authorities } };
      const options = { brokers: [`${host}:${port}`], clientId: "test", logger: silentLogger };
      await using kafka = connectKafka({ ...options, security });
      return await failure(kafka.brokerCount());
    },
    checks: [/check KAFKA_CA_FILE/, /check the hosts in KAFKA_URL/],
  },
  {
    name: "the registry",
    ask: (port) =>
      failure(
        new HttpSchemaRegistry({ url: `https://${host}:${port}`, authorities }).schemaById(1),
      ),
    checks: [/check SCHEMA_REGISTRY_CA_FILE/, /check SCHEMA_REGISTRY_URL/],
  },
  {
    name: "Cassandra",
    ask: (port) =>
      failure(connectCassandra({
        ...{ contactPoints: [host], port, datacenter: "datacenter1", keyspace: "market" },
        ...{ tradeTable: "trades", summaryTable: "windows", tradesTables: [], tradesTtlSeconds: 0 },
        tls: { authorities },
        clock: systemClock,
        logger: silentLogger,
      })),
    checks: [/check CASSANDRA_CA_FILE/, /check CASSANDRA_HOST/],
  },
  {
    name: "the feed",
    ask: (port) => feedProblem(`wss://${host}:${port}/?token=secret-7Qp`),
    checks: [/DENO_CERT/, /check FINHUB_API_URL/],
  },
  {
    name: "another instance",
    ask: (port) => said(`https://${host}:${port}`),
    checks: [/check HTTP_CA_FILE/, /check HTTP_ADVERTISED_URL/],
  },
];

const words: Readonly<Record<Exclude<CertificateKind, "good">, RegExp>> = {
  "wrong host": /is for another host than the one that was asked/,
  "expired": /has expired; renew it, or correct this machine's clock/,
  "not valid yet": /is not valid yet; correct this machine's clock/,
  "unknown authority": /is not signed by an authority that is trusted here/,
  "self-signed": /is not signed by an authority that is trusted here/,
};

for (const { name, ask, checks } of clients) {
  Deno.test(`${name} with a wrong certificate: what is wrong with it is told, once`, async () => {
    for (const kind of certificateKinds.filter((kind) => kind !== "good")) {
      using shown = server(kind);
      const told = await ask(shown.port);
      assert.match(told, words[kind], `${kind}: ${told}`);
      const [authority, place] = checks;
      if (words[kind] === words["unknown authority"]) assert.match(told, authority, kind);
      if (kind === "wrong host") assert.match(told, place, kind);
      const others = Object.values(words).filter((other) => other.source !== words[kind].source);
      for (const other of others) assert.doesNotMatch(told, other, kind);
      assert.equal(told.match(/certificate (?:that )?(?:is|has)/g)?.length, 1, told);
      assert.doesNotMatch(told, /secret-7Qp/);
    }
  });
}

Deno.test("a good certificate is no reason for anything", async () => {
  using shown = server("good");
  const told = await feedProblem(`wss://${host}:${shown.port}`);
  assert.doesNotMatch(told, /certificate/);
});
