import { assert } from "../../src/base/assert.ts";
import { SERVICE_NAMES, type ServiceName } from "../../scripts/services/definition.ts";
import { stopServices } from "../../scripts/services/down.ts";
import { membersOf } from "../../scripts/services/members.ts";
import { defaultSettings, type ServicesSettings } from "../../scripts/services/settings.ts";
import { type RunningServices, startServices } from "../../scripts/services/up.ts";
import { ServiceControl } from "./service_control.ts";

export {
  type ServiceAvailability,
  serviceAvailability,
} from "../../scripts/services/availability.ts";

/** Names the folder of services that are shared by all tests of a run. */
const SHARED_DIR_VARIABLE = "TEST_SERVICES_DIR";

/** Is `1` where those are there for this run alone, and a test may change what it likes of them. */
const OWN_SERVICES_VARIABLE = "TEST_SERVICES_OWN";

/** What a test needs. */
export interface RealServicesOptions {
  readonly kafka?: boolean;
  readonly registry?: boolean;
  readonly cassandra?: boolean;
  /** More than one makes the set private. */
  readonly kafkaBrokers?: number;
  /** A set of its own, even where there is a shared one: for tests that break things. */
  readonly private?: boolean;
}

/**
 * Services for a test, each answering its own protocol.
 *
 * Where `TEST_SERVICES_DIR` names running services, they are joined and left running at the end;
 * else a set is started in a temporary folder, and stopped and removed at the end.
 *
 * @throws {PipelineError} `SERVICES_UNAVAILABLE` if they cannot be started here.
 */
export async function realServices(options: RealServicesOptions): Promise<RealServices> {
  const shared = Deno.env.get(SHARED_DIR_VARIABLE);
  const wantsOwn = options.private === true && Deno.env.get(OWN_SERVICES_VARIABLE) !== "1" ||
    (options.kafkaBrokers ?? 1) > 1;
  if (shared && !wantsOwn) return await joinServices(shared, options);
  return await startOwn(options);
}

/** A set of services in the hands of a test; see `realServices`. */
export class RealServices implements AsyncDisposable {
  readonly #running: RunningServices;
  readonly #settings: ServicesSettings;
  readonly #own: boolean;

  constructor(running: RunningServices, settings: ServicesSettings, own: boolean) {
    this.#running = running;
    this.#settings = settings;
    this.#own = own;
  }

  /** The settings by which the pipeline finds the services, as `services up` prints them. */
  get environment(): Readonly<Record<string, string>> {
    return this.#running.environment;
  }

  /** `host:port`, a comma list where there are several brokers. */
  get kafkaUrl(): string {
    return this.#variable("KAFKA_URL");
  }

  get registryUrl(): string {
    return this.#variable("SCHEMA_REGISTRY_URL");
  }

  get cassandraHost(): string {
    return this.#variable("CASSANDRA_HOST");
  }

  get cassandraPort(): number {
    return Number(this.#variable("CASSANDRA_PORT"));
  }

  get cassandraDatacenter(): string {
    return this.#variable("CASSANDRA_DATACENTER");
  }

  /** The first broker. */
  get kafka(): ServiceControl {
    return this.broker(1);
  }

  get registry(): ServiceControl {
    return this.#control("registry");
  }

  get cassandra(): ServiceControl {
    return this.#control("cassandra");
  }

  /** @param number From 1 on. */
  broker(number: number): ServiceControl {
    return this.#control(membersOf(["kafka"], number).at(-1)?.id ?? "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#own) await stopOwn(this.#settings);
  }

  #control(id: string): ServiceControl {
    assert(this.#own, `${id} is shared: ask for a private set to control it`);
    return new ServiceControl(id, this.#settings);
  }

  #variable(name: string): string {
    const value = this.environment[name];
    assert(value !== undefined, `the test did not ask for the service of ${name}`);
    return value;
  }
}

async function joinServices(dir: string, options: RealServicesOptions): Promise<RealServices> {
  const settings = settingsOf(dir, options);
  const own = false;
  return new RealServices(await startServices(settings), settings, own);
}

async function startOwn(options: RealServicesOptions): Promise<RealServices> {
  const dir = await Deno.makeTempDir({ prefix: "market-services-" });
  const settings = { ...settingsOf(dir, options), autoPorts: true };
  const own = true;
  try {
    return new RealServices(await startServices(settings), settings, own);
  } catch (error) {
    await stopOwn(settings);
    throw error;
  }
}

async function stopOwn(settings: ServicesSettings): Promise<void> {
  await stopServices({ ...settings, services: SERVICE_NAMES }, { wipe: true });
  await Deno.remove(settings.dir, { recursive: true });
}

function settingsOf(dir: string, options: RealServicesOptions): ServicesSettings {
  const { kafkaBrokers } = options;
  return {
    ...defaultSettings(dir, Deno.env.toObject()),
    quickStart: true,
    services: SERVICE_NAMES.filter((name: ServiceName) => options[name] === true),
    ...kafkaBrokers === undefined ? {} : { kafkaBrokers },
  };
}
