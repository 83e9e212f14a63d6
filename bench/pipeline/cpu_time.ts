/** Time of processors that processes have used; on Linux only. */
import process from "node:process";

/** Linux counts in hundredths of a second, whatever the kernel was built with. */
const tickMs = 10;
const listening = "0A";

/** What this process has used so far, all threads, ms. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** What a process has used so far, ms, to the nearest ten. */
export function cpuMsOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const afterName = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(afterName[11]) + Number(afterName[12])) * tickMs;
}

/** The process of this machine that listens on a port, if it can be found. */
export function listenerOn(port: number): number | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const sockets = socketsOn(port);
  for (const { name } of Deno.readDirSync("/proc")) {
    if (/^\d+$/.test(name) && holdsOneOf(sockets, `/proc/${name}/fd`)) return Number(name);
  }
  return undefined;
}

/** Names of listening sockets as `/proc/<pid>/fd` has them. */
function socketsOn(port: number): ReadonlySet<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = ["tcp", "tcp6"].flatMap((file) =>
    Deno.readTextFileSync(`/proc/net/${file}`).split("\n")
  );
  const entries = lines.map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(suffix) && state === listening);
  return new Set(entries.map((entry) => `socket:[${entry[9]}]`));
}

/** Processes of others cannot be looked into, and some end while we look. */
function holdsOneOf(sockets: ReadonlySet<string>, folder: string): boolean {
  try {
    return Deno.readDirSync(folder).some(({ name }) =>
      sockets.has(Deno.readLinkSync(`${folder}/${name}`))
    );
  } catch {
    return false;
  }
}
