/** What developers' tasks start does not outlive them, but for the services. */
import assert from "node:assert/strict";
import { runAsGroup } from "../../scripts/lib/process_group.ts";
import { spawnDetached } from "../../scripts/services/process.ts";

const ignore = Deno.build.os === "windows" ||
  Deno.permissions.querySync({ name: "run" }).state !== "granted";

/** Starts one process that ends in order, says so in a file, and waits for `last`. */
const script = (file: string, last: string) =>
  `sh -c 'trap "echo in order >> ${file}; exit" TERM; echo ready > ${file}; ` +
  `while :; do sleep 0.05; done' & ` +
  `while ! [ -s ${file} ]; do sleep 0.05; done; ${last}`;

Deno.test({
  name: "runAsGroup() ends in order what a command has left running",
  ignore,
  async fn() {
    const file = await Deno.makeTempFile();
    const command = { args: ["-c", script(file, "exit 3")] };
    assert.equal(await runAsGroup("/bin/sh", command, new AbortController().signal), 3);
    assert.equal(await Deno.readTextFile(file), "ready\nin order\n");
    await Deno.remove(file);
  },
});

Deno.test({
  name: "runAsGroup() ends a command and what it has started, once it is told to",
  ignore,
  async fn() {
    const file = await Deno.makeTempFile();
    const stopped = new AbortController();
    const command = { args: ["-c", script(file, "exec sleep 60")] };
    const run = runAsGroup("/bin/sh", command, stopped.signal);
    while (await Deno.readTextFile(file) === "") {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    stopped.abort();
    assert.notEqual(await run, 0);
    assert.equal(await Deno.readTextFile(file), "ready\nin order\n");
    await Deno.remove(file);
  },
});

Deno.test({
  name: "spawnDetached() starts a process that the terminal's signals do not reach",
  ignore,
  async fn() {
    const log = await Deno.makeTempFile();
    const { pid } = await spawnDetached({ command: "sleep", args: ["60"], cwd: "/", log });
    assert.notEqual(await groupOf(pid), await groupOf(Deno.pid));
    Deno.kill(pid, "SIGKILL");
    await Deno.remove(log);
  },
});

async function groupOf(pid: number): Promise<string> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "pgid=", "-p", String(pid)] })
    .output();
  return new TextDecoder().decode(stdout).trim();
}
