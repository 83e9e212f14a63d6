import assert from "node:assert/strict";
import { probeKafka } from "../../scripts/services/probe_kafka.ts";
import { isRunning } from "../../scripts/services/process.ts";
import { readState } from "../../scripts/services/state.ts";
import { realServices, serviceAvailability } from "../support/services.ts";
import { until } from "../support/until.ts";

const allowed = (["run", "net", "env", "read", "write"] as const).every((name) =>
  Deno.permissions.querySync({ name }).state === "granted"
);
const availability = allowed
  ? await serviceAvailability()
  : { available: false as const, reason: "not permitted" };
const required = allowed && Deno.env.get("REQUIRE_SERVICES") === "1";
const ignore = !availability.available && !required;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as a user does: its services must survive the end of that process. */
async function services(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Outcome> {
  const script = new URL("../../scripts/services.ts", import.meta.url).pathname;
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "-A", script, ...args], env });
  const { code, stdout, stderr } = await command.output();
  return {
    code,
    stdout: new TextDecoder().decode(stdout),
    stderr: new TextDecoder().decode(stderr),
  };
}

/** A folder whose services are stopped however the test ends. */
async function privateDir(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "market-services-" });
  return {
    path,
    async [Symbol.asyncDispose]() {
      await services(["down", "--wipe", "--dir", path]);
      await Deno.remove(path, { recursive: true });
    },
  };
}

function processOf(dir: string, id: string) {
  const handle = readState(dir)?.members.find((member) => member.id === id)?.process;
  assert(handle, `${id} has a process`);
  return handle;
}

Deno.test({
  name: "services up starts what is missing and nothing else, down leaves nothing running",
  ignore,
  async fn(t) {
    await using dir = await privateDir();
    const saved = `${dir.path}/services.env`;
    const up = ["up", "--dir", dir.path, "--ports", "auto", "--save", saved];
    const names = ["kafka-1", "registry", "cassandra"];

    await t.step("up starts all three and prints how to find them", async () => {
      const { code, stdout, stderr } = await services(up);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^KAFKA_URL=127\.0\.0\.1:\d+$/m);
      assert.match(stdout, /^SCHEMA_REGISTRY_URL=http:\/\/127\.0\.0\.1:\d+\/apis\/ccompat\/v7$/m);
      assert.match(stdout, /^CASSANDRA_PORT=\d+\nCASSANDRA_DATACENTER=datacenter1$/m);
      assert.equal(await Deno.readTextFile(saved), stdout);
      assert.equal((await services(["status", "--dir", dir.path])).code, 0);
    });

    const first = new Map(names.map((id) => [id, processOf(dir.path, id)]));

    await t.step("a second up starts nothing and says so", async () => {
      const { code, stderr } = await services(up);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /are up already/);
      for (const id of names) assert.deepEqual(processOf(dir.path, id), first.get(id));
    });

    await t.step("after a crash of Kafka, up starts only Kafka, on its port", async () => {
      const portsBefore = readState(dir.path)?.members.map((member) => member.ports);
      const killed = processOf(dir.path, "kafka-1");
      Deno.kill(killed.pid, "SIGKILL");
      const isGone = async () => !await isRunning(killed);
      await until(isGone, { what: "the end of Kafka", msMax: 10_000, lookMs: 20 });
      const status = await services(["status", "--dir", dir.path]);
      assert.equal(status.code, 1);
      assert.match(status.stdout, /^kafka-1 +down/m);
      const { code, stderr } = await services(up);
      assert.equal(code, 0, stderr);
      assert.notDeepEqual(processOf(dir.path, "kafka-1"), first.get("kafka-1"));
      assert.deepEqual(processOf(dir.path, "registry"), first.get("registry"));
      assert.deepEqual(processOf(dir.path, "cassandra"), first.get("cassandra"));
      assert.deepEqual(readState(dir.path)?.members.map((member) => member.ports), portsBefore);
    });

    await t.step("down stops every process and keeps the data", async () => {
      const handles = names.map((id) => processOf(dir.path, id));
      const { code, stdout } = await services(["down", "--dir", dir.path]);
      assert.equal(code, 0);
      assert.deepEqual(stdout, "kafka-1: stopped\nregistry: stopped\ncassandra: stopped\n");
      for (const handle of handles) assert.ok(!await isRunning(handle));
      assert.equal((await services(["status", "--dir", dir.path])).code, 1);
      for (const id of names) assert((await Deno.stat(`${dir.path}/data/${id}`)).isDirectory);
    });

    await t.step("down --wipe removes the data", async () => {
      assert.equal((await services(["down", "--wipe", "--dir", dir.path])).code, 0);
      assert.deepEqual(await Array.fromAsync(Deno.readDir(`${dir.path}/data`)), []);
      assert.equal(readState(dir.path), undefined);
    });
  },
});

Deno.test({
  name: "services registry keeps a schema's id over a kill",
  ignore,
  async fn() {
    await using set = await realServices({ registry: true, private: true });
    const url = `${set.registryUrl}/subjects/kept-value/versions`;
    const register = async () => {
      const body = JSON.stringify({ schema: JSON.stringify("string") });
      const headers = { "content-type": "application/json" };
      return await (await fetch(url, { method: "POST", headers, body })).json();
    };
    const before = await register();
    await set.registry.kill();
    await set.registry.start();
    assert.deepEqual(await (await fetch(url)).json(), [1]);
    assert.deepEqual(await register(), before);
  },
});

Deno.test({
  name: "services set of three brokers survives a paused one, which comes back",
  ignore,
  async fn() {
    await using set = await realServices({ kafka: true, kafkaBrokers: 3 });
    const ports = set.kafkaUrl.split(",").map((address) => Number(address.split(":")[1]));
    assert.equal(ports.length, 3);
    const { pid } = set.broker(2);
    await set.broker(2).pause();
    assert.ok(await set.broker(2).isRunning());
    await assert.rejects(probeKafka(ports[1] ?? 0, 1_000));
    await probeKafka(ports[0] ?? 0, 10_000);
    await set.broker(2).resume();
    await set.broker(2).start();
    assert.equal(set.broker(2).pid, pid);
  },
});

Deno.test({
  name: "services up names a busy port and the way out",
  ignore,
  async fn() {
    await using dir = await privateDir();
    using listener = listenOnKafkaPort();
    const { code, stderr } = await services(
      ["up", "--dir", dir.path, "--only", "kafka"],
    );
    assert.equal(code, 1);
    assert.match(stderr, /SERVICES_UNAVAILABLE: Cannot start kafka-1 as port 9092 must be free/);
    assert.match(stderr, /--ports auto/);
    assert.ok(listener);
  },
});

Deno.test({
  name: "services up says what is missing on a machine without Java or Maven, and leaves no trace",
  ignore,
  async fn(t) {
    await using dir = await privateDir();
    const up = ["up", "--dir", dir.path, "--ports", "auto"];
    const empty = { PATH: dir.path, SERVICES_CACHE: `${dir.path}/jars` };

    await t.step("no Java where JAVA_HOME says", async () => {
      const { code, stderr } = await services(up, { JAVA_HOME: `${dir.path}/jdk` });
      assert.equal(code, 1);
      assert.match(stderr, /Cannot start services as Java must be installed: \S+\/jdk\/bin\/java/);
      assert.match(stderr, /install a JDK 17 and set JAVA_HOME to it, or start Docker/);
    });

    await t.step("no Java on the path", async () => {
      const { code, stderr } = await services(up, { ...empty, JAVA_HOME: "" });
      assert.equal(code, 1);
      assert.match(stderr, /must be installed: java cannot be run/);
      assert.equal(readState(dir.path), undefined);
    });

    await t.step("no Maven on the path", async () => {
      await Deno.writeTextFile(`${dir.path}/java`, `#!/bin/sh\necho 'version "17.0.1"' >&2\n`);
      await Deno.chmod(`${dir.path}/java`, 0o755);
      const { code, stderr } = await services(up, { ...empty, JAVA_HOME: "" });
      assert.equal(code, 1);
      assert.match(stderr, /as Maven must be installed: mvn cannot be run \(install Maven 3.6/);
    });
  },
});

/** Occupies 9092, unless another program does so already. */
function listenOnKafkaPort(): Disposable {
  try {
    return Deno.listen({ hostname: "127.0.0.1", port: 9092 });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return { [Symbol.dispose]() {} };
    throw error;
  }
}
