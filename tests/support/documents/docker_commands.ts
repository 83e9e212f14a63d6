import assert from "node:assert/strict";
import composeText from "../../../compose/compose.yaml" with { type: "text" };
import config from "../../../deno.json" with { type: "json" };
import images from "../../../compose/Dockerfile" with { type: "text" };
import { root } from "../../../scripts/lib/source_files.ts";
import { parseComposeFile } from "../compose_file.ts";

const { services, volumes } = parseComposeFile(composeText);
const [, project] = /^name: (\S+)$/m.exec(composeText) ?? [];

/** Options by name: whether a value follows. */
type Options = Readonly<Record<string, boolean>>;

/**
 * Options of compose 2.20 and of the client of the same time, as far as the documents use them.
 *
 * @see https://docs.docker.com/reference/cli/docker/compose/
 */
export const composeOptions: Readonly<Record<string, Options>> = {
  up: { "--build": false, "--wait": false, "--no-deps": false, "--scale": true },
  down: { "--volumes": false },
  exec: {},
  stop: {},
  start: {},
  port: { "--index": true },
};

/** @see https://docs.docker.com/reference/cli/docker/ */
export const clientOptions: Readonly<Record<string, Options>> = {
  build: { "--file": true, "--target": true, "--tag": true },
  run: { "--rm": false, "--volume": true },
};

interface Parsed {
  readonly options: readonly { readonly name: string; readonly value: string }[];
  readonly rest: readonly string[];
}

/** Checks `docker …` against the files that it reads. */
export async function checkDocker(words: readonly string[]): Promise<void> {
  const [command = "", ...rest] = words;
  if (command === "compose") return checkCompose(rest);
  const known = clientOptions[command];
  assert(known !== undefined, `docker ${command} cannot be checked`);
  const parsed = parse(rest, known);
  if (command === "run") return checkRun(parsed);
  await checkBuild(parsed);
}

function checkCompose(words: readonly string[]): void {
  const global = parse(words, { "--profile": true });
  const [command = "", ...rest] = global.rest;
  const known = composeOptions[command];
  assert(known !== undefined, `docker compose ${command} cannot be checked`);
  const { options, rest: more } = parse(rest, known);
  const profiles = global.options.map(({ value }) => value);
  for (const profile of profiles) {
    const exists = Object.values(services).some((service) => service.profiles?.includes(profile));
    assert(exists, `there is no profile "${profile}"`);
  }
  const scaled = options.filter(({ name }) => name === "--scale")
    .map(({ value }) => value.split("=")[0] ?? "");
  const named = command === "exec" || command === "port" ? more.slice(0, 1) : more;
  for (const name of [...scaled, ...named]) checkService(name, profiles);
  if (command === "port") {
    const [name = "", port] = more;
    const published = services[name]?.ports ?? [];
    assert(published.some((entry) => entry.endsWith(`:${port}`)), `${name} shows no port ${port}`);
  }
}

function checkService(name: string, profiles: readonly string[]): void {
  const service = services[name];
  assert(service !== undefined, `there is no service "${name}"`);
  if (profiles.length === 0 || service.profiles === undefined) return;
  const started = service.profiles.some((profile) => profiles.includes(profile));
  assert(started, `${name} is in none of the profiles ${profiles.join(", ")}`);
}

async function checkBuild({ options, rest }: Parsed): Promise<void> {
  assert.equal(rest.length, 1, "a build has one folder");
  await Deno.stat(root + rest[0]);
  for (const { name, value } of options) {
    if (name === "--file") await Deno.stat(root + value);
    if (name === "--target") assert.match(images, new RegExp(`^FROM .* AS ${value}$`, "m"));
    if (name === "--tag") assert.equal(value.split(":")[1], config.version);
  }
}

function checkRun({ options, rest }: Parsed): void {
  const used = Object.values(services).map(({ image }) => image);
  assert(used.includes(rest[0] ?? ""), `no service uses the image ${rest[0]}`);
  for (const { value } of options.filter(({ name }) => name === "--volume")) {
    const [source = ""] = value.split(":");
    if (source.startsWith("$")) continue;
    const [, name = ""] = new RegExp(`^${project}_(.+)$`).exec(source) ?? [];
    assert(name in volumes, `there is no volume ${source}`);
  }
}

/** Splits the options that come first from the rest. */
function parse(words: readonly string[], known: Options): Parsed {
  const options: { name: string; value: string }[] = [];
  let i = 0;
  for (; words[i]?.startsWith("-"); i++) {
    const name = words[i] ?? "";
    const takesValue = known[name];
    assert(takesValue !== undefined, `there is no option ${name}`);
    options.push({ name, value: takesValue ? words[++i] ?? "" : "" });
  }
  return { options, rest: words.slice(i) };
}
