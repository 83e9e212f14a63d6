/** Field reports, on the program itself: each of these inputs stopped it, at every start. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { TortureServer } from "../support/torture_server.ts";
import { until } from "../support/until.ts";

function frame(...entries: Record<string, unknown>[]): string {
  const data = entries.map((entry) => ({ p: 100, s: "AAPL", t: Date.now(), v: 1, ...entry }));
  return JSON.stringify({ type: "trade", data });
}

/** Sends every hostile message, and a good frame behind each. */
function attack(socket: WebSocket): void {
  const hostile: (string | Uint8Array<ArrayBuffer>)[] = [
    frame({ p: 1e308, v: 1e308 }, { p: -1e308, v: 10 }, { p: 1e308 }, { p: -1e308 }),
    frame({ s: "A".repeat(70_000) }),
    frame({ s: "\uFEFFAAPL" }),
    frame({ c: Array(1_000).fill("1") }),
    frame({ t: Math.floor(Date.now() / 1_000) }, { t: Date.now() * 1_000 }, { t: 2 ** 53 }),
    frame({ t: Date.now() + 120_000 }),
    `{"type":"trade","data":[]}`,
    new Uint8Array(1_000_000).fill(0xff),
    "x".repeat(1_500_000),
  ];
  for (const message of hostile) {
    socket.send(message);
    socket.send(frame({}));
  }
}

/** What the program shows of AAPL once it counts as many trades. */
async function shown(program: Program, trades: number): Promise<void> {
  const { message } = await program.line("Live from Finnhub");
  const [, page = ""] = /page +(\S+)/.exec(message) ?? [];
  let symbols: { readonly symbol: string }[] = [];
  await until(async () => {
    const candles = await (await fetch(new URL("/api/candles?symbol=AAPL&resolution=1d", page)))
      .json();
    symbols = (await (await fetch(new URL("/api/symbols", page))).json()).symbols;
    const counts = (candles.candles ?? []).map(({ count }: { count: number }) => count);
    return counts.reduce((sum: number, count: number) => sum + count, 0) === trades;
  }, { what: `${trades} trades of AAPL`, msMax: 60_000 });
  assert.deepEqual(symbols.map(({ symbol }) => symbol), ["AAPL"]);
  const ready = await fetch(new URL("/readyz", page));
  assert.equal(ready.status, 200, await ready.text());
}

Deno.test("start counts every good trade behind a hostile message, and again after a restart", async () => {
  await using server = new TortureServer(attack);
  const data = await Deno.makeTempDir({ prefix: "hostile-feed-" });
  const env = { FINHUB_SECRET_KEY: "any", FINHUB_API_URL: server.url, HTTP_PORT: "0" };
  try {
    for (const trades of [9, 18]) {
      await using program = new Program("start", { args: ["--data", data], env });
      await shown(program, trades);
      const causes = program.log.filter(({ message }) => message.includes("dead letters"))
        .map((entry) => entry["cause"]);
      for (const cause of ["malformed", "impossible-value", "empty", "far-future"]) {
        assert.ok(causes.includes(cause), `no line names ${cause}: ${causes}`);
      }
      assert.equal(await program.stop(), 0);
    }
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});
