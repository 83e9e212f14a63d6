import assert from "node:assert/strict";
import { echoMs } from "../../src/app/lifecycle.ts";
import { systemClock } from "../../src/base/clock.ts";

const fixture = new URL("./fixtures/lifecycle_program.ts", import.meta.url);
const decoder = new TextDecoder();

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...args: string[]): Deno.ChildProcess {
  return startWith({ LOG_FORMAT: "text" }, ...args);
}

function startWith(env: Record<string, string>, ...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-sys",
      "--allow-env=ENV_FILE,LOG_LEVEL,LOG_FORMAT",
      fixture.href,
      ...args,
    ],
    env: { ...env, ENV_FILE: "", NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function ended(child: Deno.ChildProcess): Promise<Ended> {
  const { code, stdout, stderr } = await child.output();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/**
 * Sends a signal each time the program has said something more on standard error or output.
 *
 * @param pauseMs How long to wait before each signal but the first.
 */
async function signalled(
  child: Deno.ChildProcess,
  signals: Deno.Signal[],
  pauseMs = 0,
): Promise<Ended> {
  let [stdout, stderr] = ["", ""];
  const outputs = [child.stdout.getReader(), child.stderr.getReader()] as const;
  for (const [index, signal] of signals.entries()) {
    const { value } = await (index === 0 ? outputs[0] : outputs[1]).read();
    if (index === 0) stdout += decoder.decode(value);
    else {
      stderr += decoder.decode(value);
      await systemClock.sleep(pauseMs);
    }
    child.kill(signal);
  }
  const { code } = await child.status;
  stdout += await rest(outputs[0]);
  stderr += await rest(outputs[1]);
  return { code, stdout, stderr };
}

async function rest(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return text;
    text += decoder.decode(value);
  }
}

Deno.test("runMain() warns once, before main, of a secret that others can read", async () => {
  const args = ["--do", "return", "--key", "key-8Xw2", "--url", "ws://feed.example"];
  const { code, stderr } = await ended(start(...args));
  assert.equal(code, 0);
  assert.equal(stderr.match(/key of the feed can be read on the way/g)?.length, 1, stderr);
  assert.doesNotMatch(stderr, /key-8Xw2/);
});

Deno.test("runMain() keeps out of the log what main hides later", async () => {
  const { stderr } = await ended(start("--do", "tell"));
  assert.match(stderr, /Read \[secret\]/);
});

Deno.test("runMain() exits 0 when main returns", async () => {
  assert.equal((await ended(start("--do", "return"))).code, 0);
});

Deno.test("runMain() prints every setting for --help, and exits 0", async () => {
  const { code, stdout } = await ended(start("--help"));
  assert.equal(code, 0);
  assert.match(stdout, /--do[\s\S]*LOG_LEVEL[\s\S]*default: info/);
});

Deno.test("runMain() says of wrong settings in JSON where every line is to be JSON", async () => {
  const { code, stderr } = await ended(startWith({ LOG_FORMAT: "json" }, "--dot"));
  assert.equal(code, 2);
  const { message, ...line } = JSON.parse(stderr);
  assert.match(message, /"--dot" must be one of --do[\s\S]*deno task fixture --help/);
  assert.deepEqual([line.level, line.code], ["error", "CONFIG_INVALID"]);
});

Deno.test("runMain() lists all wrong settings and exits 2", async () => {
  const { code, stderr } = await ended(start("--dot"));
  assert.equal(code, 2);
  assert.match(stderr, /"--dot" must be one of --do/);
  assert.match(stderr, /--do must be a behaviour: not set/);
  assert.match(stderr, /deno task fixture --help/);
});

Deno.test("runMain() says what the world refused, without a stack, and exits 1", async () => {
  const { code, stderr } = await ended(start("--do", "refused"));
  assert.equal(code, 1);
  assert.match(stderr, /error {3}Cannot subscribe {2}code="FEED_REFUSED"\n$/);
  assert(!stderr.includes("at "), stderr);
});

Deno.test("runMain() shows the stack of a bug and exits 70", async () => {
  const { code, stderr } = await ended(start("--do", "bug"));
  assert.equal(code, 70);
  assert.match(stderr, /x is not a function/);
  assert.match(stderr, /lifecycle_program\.ts/);
});

Deno.test("runMain() exits 70 on an unhandled rejection", async () => {
  const { code, stderr } = await ended(start("--do", "stray"));
  assert.equal(code, 70);
  assert.match(stderr, /nobody waits for me/);
});

const posix = Deno.build.os !== "windows";

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test({
    name: `runMain() drains and exits 0 on ${signal}`,
    ignore: !posix,
    async fn() {
      const { code, stderr } = await signalled(start("--do", "drain"), [signal]);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /Shutting down/);
    },
  });
}

Deno.test({
  name: "runMain() ends at once on a second signal",
  ignore: !posix,
  async fn() {
    const { code } = await signalled(start("--do", "hang"), ["SIGINT", "SIGINT"], echoMs * 2);
    assert.equal(code, 130);
    const both = await signalled(start("--do", "hang"), ["SIGINT", "SIGTERM"], echoMs * 2);
    assert.equal(both.code, 143);
  },
});

// A Ctrl-C reaches a program under "deno task" twice: from the terminal, and passed on by the task
// a few milliseconds later. Taken for a second signal, that one ended programs without their last
// commit, and left the group waiting for an instance that had gone.
Deno.test({
  name: "runMain() takes the echo of a Ctrl-C for the same one",
  ignore: !posix,
  async fn() {
    const { code, stderr } = await signalled(start("--do", "drain"), ["SIGINT", "SIGINT"]);
    assert.equal(code, 0, stderr);
  },
});

Deno.test({
  name: "runMain() ends a shutdown that takes more than 10 seconds, and exits 1",
  ignore: !posix,
  async fn() {
    const begin = performance.now();
    const { code, stderr } = await signalled(start("--do", "hang"), ["SIGTERM"]);
    assert.equal(code, 1);
    assert.match(stderr, /Cannot shut down within 10000 ms/);
    assert(performance.now() - begin < 15_000);
  },
});
