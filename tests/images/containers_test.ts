/**
 * The images of `compose/Dockerfile` as `scripts/build_images.ts` has made them, run as `compose/compose.yaml` says:
 * each container in its own namespaces, as its own user, within its memory limit, on one network
 * where they find each other by name. Kafka, Cassandra and a registry run from their jars, Prometheus
 * from Debian's package, which is of an older version than the image. Grafana, for which there is
 * no package, is left out.
 *
 * Needs root in network, mount and process namespaces of its own, and `IMAGES`, the folder of the
 * build: `deno task dev images`.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import composeText from "../../compose/compose.yaml" with { type: "text" };
import { CommitGaps, tasksAt } from "../support/commit_gaps.ts";
import { type ComposeFile, parseComposeFile } from "../support/compose_file.ts";
import { recompute } from "../support/recompute.ts";
import { type Recording, writeRecording } from "../support/recordings.ts";
import { say } from "../support/say.ts";
import { until } from "../support/until.ts";
import { answers } from "./answers.ts";
import { Composed } from "./composed.ts";
import type { Container } from "./container.ts";
import { watchedByPrometheus } from "./prometheus.ts";
import { standIn } from "./stand_ins.ts";

const images = Deno.env.get("IMAGES") ?? "";
/** Cannot be had without its image. */
const leftOut = ["grafana"];
/** Longest wait for what a kill has interrupted, ms. */
const msMax = 120_000;
const frames = 5_000;
/** Recorded seconds per second. */
const speed = 5;
/** How long the recording plays, ms: its frames are up to 400 ms apart. */
const playsMs = frames * 200 / speed;
const pages = ["http://127.0.0.1:8080", "http://127.0.0.1:8081"] as const;

/** The compose file, with a feed that replays a recording: then it is known what must come out. */
function withRecording(folder: string): ComposeFile {
  const file = parseComposeFile(composeText);
  const { feed } = file.services;
  assert(feed);
  const services = Object.entries(file.services).filter(([name]) => !leftOut.includes(name));
  const replay = ["--replay", "/recording/frames.jsonl", "--speed", `${speed}`];
  return {
    ...file,
    services: {
      ...Object.fromEntries(services),
      feed: {
        ...feed,
        command: ["--host", "0.0.0.0", ...replay],
        volumes: [`${folder}:/recording:ro`],
      },
    },
  };
}

/** What the kernel knows of a process. */
async function statusOf(container: Container): Promise<Record<string, string>> {
  const { program } = await container.pid();
  const text = await Deno.readTextFile(`/proc/${program}/status`);
  return Object.fromEntries(text.split("\n").map((line) => line.split(/:\s+/, 2)));
}

interface World {
  readonly composed: Composed;
  readonly recording: Recording;
  readonly folder: string;
}

/** `docker compose --profile feed up --wait --scale process=2`. */
async function up(closing: AsyncDisposableStack): Promise<World> {
  const folder = await Deno.makeTempDir({ prefix: "images-" });
  closing.defer(() => Deno.remove(folder, { recursive: true }));
  await Deno.chmod(folder, 0o755); // users of containers look into it
  const recordings = join(folder, "recording");
  await Deno.mkdir(recordings);
  const path = join(recordings, "frames.jsonl");
  const recording = await writeRecording(path, { frames, seed: 7 });
  const composed = closing.use(
    await Composed.make("feed", {
      file: withRecording(recordings),
      images: JSON.parse(await Deno.readTextFile(join(images, "images.json"))),
      standIn: (service, place) => standIn(service, place, images),
      dotEnv: { FINHUB_SYMBOLS: recording.symbols.join(","), TRADES_TTL: "0" },
      scale: { process: 2 },
      folder,
    }),
  );
  const startedMs = performance.now();
  await composed.up();
  say(`up after ${Math.round((performance.now() - startedMs) / 1000)} s`);
  return { composed, recording, folder };
}

async function assertConfined(container: Container): Promise<void> {
  const { Uid = "", CapEff, CapPrm, CapBnd, NoNewPrivs } = await statusOf(container);
  assert.notEqual(Uid.split("\t")[0], "0", container.name);
  for (const set of [CapEff, CapPrm, CapBnd]) assert.match(set ?? "", /^0+$/, container.name);
  assert.equal(NoNewPrivs, "1", container.name);
  const { program } = await container.pid();
  const mounts = await Deno.readTextFile(`/proc/${program}/mountinfo`);
  const isReadOnly = / \/ ro[, ]/m.test(mounts);
  assert.equal(isReadOnly, container.options.service.read_only ?? false, container.name);
}

/** Compares what is in Cassandra with an independent computation, as the role `dev`. */
async function assertResults({ recording, folder }: World): Promise<void> {
  const dev = await Deno.readTextFile(join(folder, "volumes/login-dev/env"));
  const [, password = ""] = /^CASSANDRA_PASSWORD=(.*)$/m.exec(dev) ?? [];
  const args = ["--frames", recording.path, "--cassandra", "127.0.0.1:19042"];
  const env = { CASSANDRA_USERNAME: "dev", CASSANDRA_PASSWORD: password };
  const { equal, report } = await recompute(args, env);
  assert(equal, report);
  say(report);
}

Deno.test("the images come up as compose says, and lose nothing in kills", async (t) => {
  await using closing = new AsyncDisposableStack();
  const world = await up(closing);
  const { composed, recording: { symbols, trades } } = world;
  const victims = ["kafka-0", "process", "cassandra"].map((name) => composed.container(name));

  await t.step("each runs as its user, with no capability and no way to get one", async () => {
    const running = composed.all.filter(({ isRunning }) => isRunning);
    assert(running.length > victims.length);
    for (const container of running) await assertConfined(container);
  });

  await t.step(
    "Cassandra syncs before it acknowledges, whatever its image's settings say",
    async () => {
      const log = await Deno.readTextFile(composed.container("cassandra").logFile);
      assert.match(log, /commitlog_sync=group;/);
    },
  );

  await t.step("page, API and metrics answer where compose publishes them", async () => {
    for (const page of pages) {
      assert.match(await answers(page), /<!doctype html>/i);
      assert.match(await answers(`${page}/metrics`), /^# HELP/m);
    }
  });

  await using gaps = new CommitGaps(pages.map((page) => () => tasksAt(page)), 2);
  for (const victim of victims) {
    await t.step(`${victim.name} is killed and comes back`, async () => {
      const beforeMs = Date.now();
      await victim.crash();
      await victim.healthy();
      await gaps.commitsAfter(beforeMs, msMax);
      say(`${victim.name}: longest time between two commits ${gaps.longestSince(beforeMs)} ms`);
    });
  }

  await t.step("every trade of the recording is counted once, every result is right", async () => {
    const isRead = async () => await gaps.items() >= trades;
    await until(isRead, { what: "all is read", msMax: playsMs + msMax });
    assert.equal(await gaps.items(), trades);
    await assertResults(world);
  });

  await t.step("Prometheus has every target and every trade", () => watchedByPrometheus(trades));

  await t.step("each page has what the other one computed, found by its name", async () => {
    for (const symbol of symbols) {
      const query = `/api/candles?symbol=${encodeURIComponent(symbol)}&limit=3`;
      const texts = await Promise.all(pages.map((page) => answers(page + query)));
      const [first, second] = texts.map((text) => JSON.parse(text).candles);
      assert.equal(first.length, 3, symbol);
      assert.deepEqual(first, second, symbol);
    }
  });

  await t.step("none was short of memory, none but the killed was started again", async () => {
    for (const container of composed.all) {
      assert.equal(await container.options.memory.kills(), 0, container.name);
      assert.equal(container.restarts, victims.includes(container) ? 1 : 0, container.name);
    }
  });

  await t.step("every program ends well when it is told to", async () => {
    for (const name of ["produce-feed", "feed", "process"]) {
      assert.equal(await composed.container(name).stop(), 0, name);
    }
  });
});
