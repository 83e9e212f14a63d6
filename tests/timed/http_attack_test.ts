/** `start` under attack: half-open connections, streams that read nothing, and a flood of queries. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { say } from "../support/say.ts";
import { until } from "../support/until.ts";

const halfOpenCount = 1_000;
const silentCount = 200;
const floodMs = 3_000;
/** Pause between two questions for /livez, ms. */
const livezPauseMs = 100;

/** Longest time of an answer of /livez, ms: 100 where the machine has nothing else to do. */
const livezMsMax = 5_000;

/** How much the program may grow, MB. */
const grownMbMax = 100;

const floodProgram = new URL("fixtures/http_flood.ts", import.meta.url).href;

async function send(port: number, text: string): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  return connection;
}

/** Reads until the server closes; true if it does. */
async function closed(connection: Deno.TcpConn): Promise<true> {
  const bytes = new Uint8Array(4_096);
  while (await connection.read(bytes).catch(() => null) !== null);
  return true;
}

/** How long a new client waits for /livez, ms. */
async function livezMs(port: number): Promise<number> {
  const startedMs = performance.now();
  const request = "GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
  using connection = await send(port, request);
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

/** Floods it from another process; gives how often which status came. */
async function flood(url: string): Promise<Readonly<Record<number, number>>> {
  const args = ["run", "-q", "--no-check", "--allow-net", floodProgram, url, String(floodMs)];
  const { success, stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert(success);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** How long the main thread of a process has worked, ms. */
async function workedMs(pid: number): Promise<number> {
  const schedstat = await Deno.readTextFile(`/proc/${pid}/task/${pid}/schedstat`);
  return parseInt(schedstat) / 1e6;
}

async function residentMb(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

Deno.test({
  name: "start answers and stays small while it is attacked over HTTP",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const data = await Deno.makeTempDir({ prefix: "attack-" });
    await using program = new Program("start", { args: ["--data", data], env: { HTTP_PORT: "0" } });
    const { message } = await program.line("Running on a SIMULATED market");
    const [, url = ""] = /page +(\S+)/.exec(message) ?? [];
    const port = Number(new URL(url).port);
    const stop = new AbortController();
    const early = follow(url, stop.signal);
    await until(() => early.told > 1, { what: "a live stream", msMax: 60_000 });
    const beforeMb = await residentMb(program.pid);

    const silence = "GET /api/stream?scope=local HTTP/1.1\r\nhost: localhost\r\n\r\n";
    const silent: Deno.TcpConn[] = [];
    for (let i = 0; i < silentCount; i++) silent.push(await send(port, silence));
    const halfOpen: Deno.TcpConn[] = [];
    for (let i = 0; i < halfOpenCount; i++) halfOpen.push(await send(port, "GET / HTTP/1.1\r\nho"));
    const late = follow(url, stop.signal);
    const flooding = flood(url);
    const toldBefore = early.told;
    const waits: number[] = [];
    const works: number[] = [];
    let isFlooded = true;
    void flooding.finally(() => isFlooded = false);
    while (isFlooded) {
      await new Promise((resolve) => setTimeout(resolve, livezPauseMs));
      const workedBeforeMs = await workedMs(program.pid);
      waits.push(await livezMs(port));
      works.push(await workedMs(program.pid) - workedBeforeMs);
    }
    const counts = await flooding;
    say(`/livez within ms: ${waits.map(Math.round).join(" ")}`);
    say(`for which the server worked ms: ${works.map(Math.round).join(" ")}`);

    await until(() => early.told > toldBefore && late.told > 0, {
      what: "both live streams going on",
      msMax: 60_000,
    });
    assert.deepEqual((await Promise.all(halfOpen.map(closed))).length, halfOpenCount);
    const grownMb = await residentMb(program.pid) - beforeMb;
    say(`grown by ${Math.round(grownMb)} MB; answers: ${JSON.stringify(counts)}`);
    assert.ok(Math.max(...waits) < livezMsMax, `waits, ms: ${waits}`);
    assert.ok((counts[200] ?? 0) > 0 && (counts[429] ?? 0) > 0, JSON.stringify(counts));
    assert.ok(grownMb < grownMbMax, `MB more than before: ${grownMb}`);
    stop.abort();
    for (const connection of [...silent, ...halfOpen]) connection.close();
    assert.equal(await program.stop(), 0);
    assert.deepEqual(program.log.filter(({ level }) => level === "error"), []);
    await Deno.remove(data, { recursive: true });
  },
});
