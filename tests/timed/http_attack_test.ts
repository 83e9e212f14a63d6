/** `start` under attack: half-open connections, streams that read nothing, and a flood of queries. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { say } from "../support/say.ts";
import { until } from "../support/until.ts";

const floodMs = 3_000;
/** Pause between two questions for /livez, ms. */
const livezPauseMs = 50;

/** Longest time of an answer of /livez, ms … */
const livezMsMax = 100;
/**
 * … and of one that is asked for in the second in which all connections are opened: it stands in line
 * with 1,200 of them. On a machine that is quick enough it is no longer than the others.
 */
const openingLivezMsMax = 250;
const openingMs = 1_000;

/**
 * Where a flood has fewer answers than this, mostly refusals, the two cores that it shares with the
 * server are too slow to tell, and only this holds.
 */
const answersMin = 5_000;
const busyLivezMsMax = 1_000;

/** Attacks, each on a program of its own, before it is too slow. */
const attacksMax = 4;

/** How much the program may grow, MB. */
const grownMbMax = 100;

const attackProgram = new URL("fixtures/http_attack.ts", import.meta.url).href;

/** How long a new client waits for /livez, ms. */
async function livezMs(port: number): Promise<number> {
  const startedMs = performance.now();
  const request = "GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(request));
  const bytes = new Uint8Array(4_096);
  const count = await connection.read(bytes);
  assert.match(new TextDecoder().decode(bytes.subarray(0, count ?? 0)), /^HTTP\/1.1 200 /);
  return performance.now() - startedMs;
}

/** A client that reads the live stream, and how often it was told the state. */
function follow(url: string, signal: AbortSignal): { readonly told: number } {
  const follower = { told: 0 };
  const read = async () => {
    const response = await fetch(`${url}/api/stream?symbol=AAPL`, { signal });
    const text = response.body?.pipeThrough(new TextDecoderStream()) ?? [];
    for await (const part of text) if (part.includes("event: health")) follower.told++;
  };
  void read().catch(() => {});
  return follower;
}

interface Attack {
  /** How often which status came. */
  readonly counts: Readonly<Record<number, number>>;
  /** Half-open connections that the server has closed. */
  readonly closed: number;
}

async function attack(url: string): Promise<Attack> {
  const args = ["run", "-q", "--no-check", "--allow-net", attackProgram, url, String(floodMs)];
  const { success, stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert(success);
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function residentMb(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** What an attack has shown. */
interface Outcome {
  /** Answers of /livez that took too long, ms. */
  readonly slow: readonly number[];
  readonly slowestMs: number;
  /** Answers that the flood had. */
  readonly answers: number;
}

/** Attacks a new program. */
async function attackNew(): Promise<Outcome> {
  const data = await Deno.makeTempDir({ prefix: "attack-" });
  await using program = new Program("start", { args: ["--data", data], env: { HTTP_PORT: "0" } });
  const { message } = await program.line("Running on a SIMULATED market");
  const [, url = ""] = /page +(\S+)/.exec(message) ?? [];
  const port = Number(new URL(url).port);
  const stop = new AbortController();
  const early = follow(url, stop.signal);
  await until(() => early.told > 1, { what: "a live stream", msMax: 60_000 });

  const waits = [await livezMs(port)];
  const residents = [await residentMb(program.pid)];
  const toldBefore = early.told;
  let isAttacked = true;
  const startedMs = performance.now();
  let opening = 1;
  const attacking = attack(url).finally(() => isAttacked = false);
  const late = follow(url, stop.signal);
  while (isAttacked) {
    await new Promise((resolve) => setTimeout(resolve, livezPauseMs));
    if (performance.now() - startedMs < openingMs) opening++;
    waits.push(await livezMs(port));
    residents.push(await residentMb(program.pid));
  }
  const { counts, closed } = await attacking;
  const grownMb = Math.max(...residents) - (residents[0] ?? 0);
  say(`/livez within ms: ${waits.map(Math.round).join(" ")}`);
  say(`grown by ${Math.round(grownMb)} MB; answers: ${JSON.stringify(counts)}`);

  assert.ok(early.told > toldBefore && late.told > 0, "live streams go on");
  assert.equal(closed, 1_000);
  assert.ok((counts[200] ?? 0) > 0, JSON.stringify(counts));
  assert.ok(grownMb < grownMbMax, `MB more than before: ${grownMb}`);
  stop.abort();
  assert.equal(await program.stop(), 0);
  assert.deepEqual(program.log.filter(({ level }) => level === "error"), []);
  await Deno.remove(data, { recursive: true });
  return {
    slow: waits.filter((ms, i) => ms > (i < opening ? openingLivezMsMax : livezMsMax)),
    slowestMs: Math.max(...waits),
    answers: Object.values(counts).reduce((sum, count) => sum + count, 0),
  };
}

Deno.test({
  name: `start answers within ${livezMsMax} ms and stays small while it is attacked over HTTP`,
  ignore: Deno.build.os !== "linux",
  async fn() {
    // What else the machine's host does can only add time: another attack is then another chance.
    const attacks: Outcome[] = [];
    while (attacks.length < attacksMax) {
      const outcome = await attackNew();
      if (outcome.slow.length === 0) return;
      attacks.push(outcome);
    }
    const told = JSON.stringify(attacks);
    assert.ok(attacks.every(({ answers }) => answers < answersMin), told);
    assert.ok(attacks.some(({ slowestMs }) => slowestMs < busyLivezMsMax), told);
    say(`too busy to tell: ${told}`);
  },
});
