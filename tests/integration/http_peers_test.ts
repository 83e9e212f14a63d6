/** HTTP surfaces of several instances that find each other: one answers for all. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { Secret } from "../../src/base/secret.ts";
import type { HttpServer } from "../../src/http/exchange/listen.ts";
import { Metrics } from "../../src/http/metrics/metrics.ts";
import type { Partitions } from "../../src/http/ports.ts";
import { PeerAccess } from "../../src/http/peers/peer_access.ts";
import { serveHttp } from "../../src/http/server/server.ts";
import { askByFetch } from "../../src/http/within.ts";
import { FakeLiveView } from "../support/fake_live_view.ts";
import { until } from "../support/until.ts";

const msMax = 20_000;

/** One surface over a market of one symbol in a partition of its own. */
interface Instance extends AsyncDisposable {
  readonly view: FakeLiveView;
  readonly server: HttpServer;
}

async function instance(
  symbol: string,
  partition: number,
  { port = 0, token }: { readonly port?: number; readonly token?: string } = {},
): Promise<Instance> {
  const view = new FakeLiveView({ prices: { [symbol]: 100 }, partition });
  for (let second = 0; second < 10; second++) view.commit();
  view.layout = { own: [partition], others: new Map() };
  const secret = token === undefined ? undefined : new Secret(token);
  const peers = new PeerAccess({
    application: "market",
    token: secret,
    ask: askByFetch(),
    clock: systemClock,
  });
  const server = await serveHttp({
    access: { token: secret },
    ...{ host: "127.0.0.1", port, view, metrics: new Metrics() },
    ...{ clock: systemClock, logger: silentLogger, peers },
  });
  return { view, server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Each knows the other's address. */
function acquaint(instances: readonly Instance[]): void {
  for (const { view } of instances) {
    const others = instances.filter((other) => other.view !== view);
    view.layout = {
      own: view.layout?.own ?? [],
      others: new Map(
        others.map(({ view, server }): [number, string] => [view.layout?.own[0] ?? 0, server.url]),
      ),
    };
  }
}

/** Something that takes connections and never answers. */
function silence(): Disposable & { readonly url: string } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.Conn[] = [];
  void (async () => {
    for await (const connection of listener) open.push(connection);
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    [Symbol.dispose]() {
      listener.close();
      for (const connection of open) connection.close();
    },
  };
}

async function symbolsAt(
  { server }: Instance,
  token?: string,
): Promise<{ names: string[]; missing: number[] }> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${server.url}/api/symbols`, { headers });
  assert.equal(response.status, 200);
  const { symbols, missing_partitions: missing } = await response.json();
  return { names: symbols.map(({ symbol }: { symbol: string }) => symbol), missing };
}

/** What a reader looks at that wants to hear of both. */
const both = "?symbol=B&row=A&row=B";

/** Follows a stream and keeps the latest of what it tells. */
class Follower implements AsyncDisposable {
  readonly trades: Set<string> = new Set();
  readonly candles: Set<string> = new Set();
  readonly symbols: Set<string> = new Set();
  readonly listed: Set<string> = new Set();
  missing: readonly number[] | undefined;
  heard: readonly number[] = [];
  readonly #stop = new AbortController();
  readonly #reading: Promise<void>;

  constructor({ server }: Instance, query = both) {
    this.#reading = this.#read(`${server.url}/api/stream${query}`).catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#reading;
  }

  async #read(url: string): Promise<void> {
    const response = await fetch(url, { signal: this.#stop.signal });
    let text = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const events = (text + chunk).split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) this.#take(event);
    }
  }

  #take(event: string): void {
    const [, name = "", data = "{}"] = /^event: (.*)\ndata: (.*)$/.exec(event) ?? [];
    const body = JSON.parse(data);
    if (name === "elsewhere") {
      this.missing = body.missing_partitions;
      this.heard = body.heard_partitions;
    }
    if (name === "listing") {
      for (const symbol of Object.values(body.partitions).flat()) this.listed.add(String(symbol));
    }
    if (name !== "trades" && name !== "candles" && name !== "symbols") return;
    for (const { symbol } of body[name]) this[name].add(symbol);
  }
}

Deno.test("/api/symbols of either instance lists the symbols of both", async () => {
  await using a = await instance("A", 0);
  await using b = await instance("B", 1);
  acquaint([a, b]);
  for (const one of [a, b]) {
    assert.deepEqual(await symbolsAt(one), { names: ["A", "B"], missing: [] });
  }
});

Deno.test("/api/symbols asks all at once, and waits a second for who does not answer", async () => {
  await using a = await instance("A", 0);
  await using b = await instance("B", 1);
  using silent = silence();
  using silentToo = silence();
  const refused = "http://127.0.0.1:1";
  const others = [[1, b.server.url], [2, silent.url], [3, silentToo.url], [4, refused]] as const;
  a.view.layout = { own: [0], others: new Map(others) };
  const startedMs = performance.now();
  assert.deepEqual(await symbolsAt(a), { names: ["A", "B"], missing: [2, 3, 4] });
  assert.ok(performance.now() - startedMs < 1_900);
});

Deno.test("/api/symbols believes no one who answers something else", async () => {
  await using a = await instance("A", 0);
  const answers = ["<html>", "{}", `{"symbols":[{"symbol":"B"}],"partitions":[1]}`];
  let asked = "";
  await using other = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    asked = request.url;
    return new Response(answers.shift());
  });
  const url = `http://127.0.0.1:${other.addr.port}`;
  a.view.layout = { own: [0], others: new Map([[1, url]]) };
  while (answers.length > 0) assert.deepEqual(await symbolsAt(a), { names: ["A"], missing: [1] });
  assert.equal(asked, `${url}/api/symbols?scope=local`);
});

Deno.test("/api/symbols goes nowhere else, whatever an address answers", async () => {
  await using a = await instance("A", 0);
  await using b = await instance("B", 1);
  let redirected = 0;
  await using other = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    redirected++;
    const location = `${b.server.url}/api/symbols?scope=local`;
    return new Response(null, { status: 302, headers: { location } });
  });
  a.view.layout = { own: [0], others: new Map([[1, `http://127.0.0.1:${other.addr.port}`]]) };
  assert.deepEqual(await symbolsAt(a), { names: ["A"], missing: [1] });
  assert.equal(redirected, 1);
});

Deno.test("/api/symbols with a token takes answers of those with the same alone", async () => {
  const token = "shared-by-a-and-b";
  await using a = await instance("A", 0, { token });
  await using b = await instance("B", 1, { token });
  await using stranger = await instance("C", 2, { token: "another" });
  await using open = await instance("D", 3);
  const others = [[1, b.server.url], [2, stranger.server.url], [3, open.server.url]] as const;
  a.view.layout = { own: [0], others: new Map(others) };
  assert.deepEqual(await symbolsAt(a, token), { names: ["A", "B"], missing: [2, 3] });
});

Deno.test("/api/stream tells what is looked at, whichever instance commits it, however they watch each other", async () => {
  await using a = await instance("A", 0);
  await using b = await instance("B", 1);
  acquaint([a, b]);
  await using followers = new AsyncDisposableStack();
  const [ofA, ofB] = [followers.use(new Follower(a)), followers.use(new Follower(b))];
  const local = followers.use(new Follower(b, "?scope=local&symbol=B"));
  const hasAll = ({ trades, candles, symbols, listed, missing }: Follower) => {
    for (const { view } of [a, b]) view.commit();
    return [trades, candles].every((names) => [...names].join() === "B") &&
      [symbols, listed].every((names) => names.size === 2) && missing?.length === 0;
  };
  await until(() => hasAll(ofA) && hasAll(ofB), { what: "both tell of both", msMax });
  assert.deepEqual([ofA.heard, ofB.heard], [[1], [0]]);
  assert.deepEqual([[...local.trades], [...local.symbols], local.missing], [
    ["B"],
    ["B"],
    undefined,
  ]);
});

Deno.test("/api/stream says when another instance is gone, and continues when it is back", async () => {
  await using a = await instance("A", 0);
  await using follower = await watched(a);
  let port = 0;
  {
    await using b = await instance("B", 1);
    port = b.server.port;
    acquaint([a, b]);
    await until(() => follower.heard.includes(1), { what: "B is heard", msMax });
  }
  await until(() => follower.missing?.includes(1) ?? false, { what: "B is missed", msMax });
  assert.deepEqual(follower.heard, []);
  await using back = await instance("B", 1, { port });
  await until(() => {
    back.view.commit();
    return follower.missing?.length === 0 && follower.trades.has("B");
  }, { what: "B is back", msMax });
});

Deno.test("/api/stream follows no instance without listeners, and the partition's owner with one", async () => {
  await using a = await instance("A", 0);
  await using b = await instance("B", 1);
  await using c = await instance("C", 2);
  const listeners = () => [b.view.listenerCount, c.view.listenerCount];
  const layout = (url: string): Partitions => ({ own: [0], others: new Map([[1, url]]) });
  a.view.layout = layout(b.server.url);
  {
    await using _follower = new Follower(a);
    await until(() => listeners().join() === "1,0", { what: "B is followed", msMax });
    a.view.layout = layout(c.server.url);
    await until(() => listeners().join() === "0,1", { what: "C is followed", msMax });
  }
  await until(() => listeners().join() === "0,0", { what: "nobody is followed", msMax });
});

/** A follower that has been told that there is nobody else. */
async function watched(one: Instance): Promise<Follower> {
  const follower = new Follower(one);
  await until(() => follower.missing !== undefined, { what: "the first state", msMax });
  return follower;
}
