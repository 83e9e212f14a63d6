import { join } from "node:path";
import { PipelineError } from "../../src/base/errors.ts";
import { type Member, type Ports, SERVICE_NAMES } from "./definition.ts";
import type { ServiceName } from "./definition.ts";
import type { ProcessHandle } from "./process.ts";

const STATE_VERSION = 1;

/** What a data folder remembers of one member. */
export interface MemberState extends Member {
  readonly log: string;
  /** Kept after a crash, so that the member comes back where its clients look; gone after `down`. */
  readonly ports: Ports;
  /** Those before `down`, which a start that may choose its ports prefers. */
  readonly formerPorts?: Ports;
  /** The process last started; absent after `down`. */
  readonly process?: ProcessHandle;
}

/** Contents of a data folder's state file. */
export interface ServicesState {
  /** Kafka's cluster id, chosen once per data folder. */
  readonly clusterId: string;
  readonly members: readonly MemberState[];
}

/** Where a data folder keeps its state. */
export function stateFile(dir: string): string {
  return join(dir, "state.json");
}

/**
 * Reads the state of a data folder.
 *
 * @returns `undefined` for a folder in which nothing was started yet.
 * @throws {PipelineError} `CONFIG_INVALID` if the file is not one of ours.
 */
export function readState(dir: string): ServicesState | undefined {
  try {
    return parseState(Deno.readTextFileSync(stateFile(dir)), stateFile(dir));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Replaces the state file in one step: a crash leaves the old one or the new one. */
export function writeState(dir: string, state: ServicesState): void {
  const draft = `${stateFile(dir)}.new`;
  Deno.writeTextFileSync(draft, formatState(state));
  Deno.renameSync(draft, stateFile(dir));
}

/** Text of a state file. */
export function formatState(state: ServicesState): string {
  const { clusterId, members } = state;
  return JSON.stringify({ version: STATE_VERSION, clusterId, members }, undefined, 2) + "\n";
}

/** @throws {PipelineError} `CONFIG_INVALID` naming the file and what is wrong with it. */
export function parseState(text: string, file: string): ServicesState {
  const { clusterId, members, version } = parseObject(text, file);
  if (version !== STATE_VERSION) throw unreadable(file, `version is ${JSON.stringify(version)}`);
  if (typeof clusterId !== "string") throw unreadable(file, "clusterId is missing");
  if (!Array.isArray(members)) throw unreadable(file, "members is no list");
  return { clusterId, members: members.map((member) => parseMember(member, file)) };
}

function parseMember(value: unknown, file: string): MemberState {
  if (!isObject(value)) throw unreadable(file, "a member is no object");
  const { id, service, log, ports, formerPorts, process } = value;
  const known = typeof id === "string" && isServiceName(service) && typeof log === "string" &&
    isPorts(ports) && (formerPorts === undefined || isPorts(formerPorts));
  if (!known) throw unreadable(file, `member ${JSON.stringify(id)} is incomplete`);
  const former = formerPorts === undefined ? {} : { formerPorts };
  const member = { id, service, log, ports, ...former };
  return process === undefined ? member : { ...member, process: parseProcess(process, file) };
}

function parseProcess(value: unknown, file: string): ProcessHandle {
  const known = isObject(value) && Number.isSafeInteger(value["pid"]) && Number(value["pid"]) > 1 &&
    typeof value["started"] === "string";
  if (!known) throw unreadable(file, "a process is incomplete");
  return { pid: Number(value["pid"]), started: String(value["started"]) };
}

function parseObject(text: string, file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw unreadable(file, "it is no JSON object");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isServiceName(value: unknown): value is ServiceName {
  return SERVICE_NAMES.some((name) => name === value);
}

function isPorts(value: unknown): value is Ports {
  return isObject(value) && Object.values(value).every((port) => Number.isSafeInteger(port));
}

function unreadable(file: string, what: string): PipelineError {
  return new PipelineError(
    "CONFIG_INVALID",
    `Cannot read ${file} as a services state file must be as this program wrote it: ${what} ` +
      "(stop what it started, then remove the folder)",
    { context: { file } },
  );
}
