/** What the folders of `src` may know, as data; the rules of this plugin read it. */
export interface FolderPolicy {
  /** Folders that it may import from, besides itself. */
  readonly imports: readonly string[];
  /** npm packages that live here: no other folder imports them. */
  readonly packages: readonly string[];
  /** Names of the runtime that it must not use; see `ambient.ts`. */
  readonly without: readonly Ambient[];
  /**
   * Its own folders, lowest floor first, with those that each may import from; `""` for the files
   * beside them. Its `mod.ts` may import all.
   */
  readonly rooms?: Readonly<Record<string, readonly string[]>>;
}

/** Kinds of things that come from the surroundings and not from an argument. */
export type Ambient = "time" | "timers" | "randomness" | "runtime" | "Deno" | "network";

const pure: readonly Ambient[] = [
  "time",
  "timers",
  "randomness",
  "runtime",
  "Deno",
  "network",
];
/** Time and chance decide behaviour there, so they are injected; sockets and files are the job. */
const injected: readonly Ambient[] = ["time", "timers", "randomness"];
/** Clients of servers, which bound their waiting with timers of their own. */
const adapter: readonly Ambient[] = ["time", "randomness"];

/** An adapter: knows the engine's ports and the market's rows, never another adapter. */
function adapterOf(...packages: readonly string[]): FolderPolicy {
  return { imports: ["base", "streams", "market"], packages, without: adapter };
}

/** An adapter that the package carries: knows the engine alone, and runs on Node and Bun as well. */
function packagedAdapterOf(...packages: readonly string[]): FolderPolicy {
  return { imports: ["base", "streams"], packages, without: [...adapter, "Deno"] };
}

/** Every folder of `src`, smallest knowledge first. Mains may import everything. */
export const folders: Readonly<Record<string, FolderPolicy>> = {
  base: { imports: [], packages: [], without: pure },
  streams: {
    imports: ["base"],
    packages: [],
    without: pure,
    rooms: {
      "": [],
      topology: [""],
      assignment: [""],
      state: ["", "topology"],
      processing: ["", "topology", "state"],
      commit: ["", "topology", "state", "processing"],
      task: ["", "topology", "state", "processing", "commit"],
      moving: ["", "topology", "state", "processing", "commit", "task"],
      app: ["", "topology", "state", "task"],
      testing: ["", "topology", "state", "task", "app"],
    },
  },
  market: { imports: ["base", "streams"], packages: [], without: pure },
  feed: { imports: ["base", "market"], packages: ["ws"], without: injected },
  ingest: {
    imports: ["base", "streams", "market", "feed"],
    packages: [],
    without: [...injected, "runtime", "Deno", "network"],
  },
  app: { imports: ["base"], packages: ["@logtape/logtape"], without: adapter },
  kafka: {
    ...packagedAdapterOf("kafkajs"),
    rooms: {
      wire: [],
      cluster: ["wire"],
      read: ["wire", "cluster"],
      write: ["wire", "cluster", "read"],
      group: ["wire", "cluster"],
      "": ["wire", "cluster", "read", "write", "group"],
    },
  },
  cassandra: adapterOf("cassandra-driver"),
  registry: adapterOf("avsc"),
  level: packagedAdapterOf("level"),
  /** Where jobs run: puts the adapters of the package together. */
  runtime: {
    imports: ["base", "streams", "kafka", "level"],
    packages: [],
    without: [...adapter, "Deno"],
  },
  sqlite: adapterOf(),
  http: {
    imports: ["base", "streams", "market"],
    packages: ["prom-client", "lightweight-charts"],
    without: adapter,
    rooms: {
      "": [],
      page: [],
      admission: [""],
      metrics: [""],
      view: [""],
      peers: ["", "admission"],
      stream: ["", "admission", "peers"],
      exchange: ["", "admission", "metrics", "peers", "stream"],
      handlers: ["", "page", "peers", "exchange"],
      server: ["", "admission", "peers", "stream", "exchange", "handlers"],
    },
  },
  /** What several mains put together in the same way. */
  wiring: {
    imports: [
      "base",
      "streams",
      "market",
      "feed",
      "ingest",
      "app",
      "kafka",
      "cassandra",
      "registry",
      "level",
      "sqlite",
      "http",
    ],
    packages: [],
    without: [],
  },
};

/** Files that are the source of what the others get injected, or run in a browser. */
const exempt: readonly RegExp[] = [/^base\/(clock|random)\.ts$/, /^http\/page\/.*\.js$/];

/** Where a file is. */
export interface Place {
  /** Path inside `src`, with slashes. */
  readonly path: string;
  /** Folder inside `src`; `undefined` for a main. */
  readonly folder: string | undefined;
  /** Folder inside that folder; `""` for a file beside those. */
  readonly room: string;
  /** True for the files that may use what is ambient. */
  readonly exempt: boolean;
}

/** The place of a file inside `src`, or `undefined` if it is somewhere else. */
export function placeOf(filename: string): Place | undefined {
  const path = withoutRoot(slashed(filename));
  if (!path.startsWith("src/")) return undefined;
  const inside = path.slice("src/".length);
  const [folder, room = ""] = inside.split("/").slice(0, -1);
  return { path: inside, folder, room, exempt: exempt.some((pattern) => pattern.test(inside)) };
}

/** Where a relative import leads. */
export function resolvedPlace(place: Place, specifier: string): Place | undefined {
  const base = new URL(`file:///src/${place.path}`);
  return placeOf(new URL(specifier, base).pathname.slice(1));
}

const root = slashed(decodeURIComponent(new URL("../../", import.meta.url).pathname));

function withoutRoot(path: string): string {
  return path.startsWith(root) ? path.slice(root.length) : path.replace(/^\.\//, "");
}

/** Without a leading slash, so that `/C:/a` and `C:\a` are the same. */
function slashed(path: string): string {
  return path.replaceAll("\\", "/").replace(/^\//, "");
}
