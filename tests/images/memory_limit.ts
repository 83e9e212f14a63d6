import { join } from "node:path";
import { exists } from "../../scripts/lib/exists.ts";

/** A group of processes that have no more memory together than their limit. */
export interface MemoryGroup extends AsyncDisposable {
  /** Who writes its number in here belongs to the group. */
  readonly membersFile: string;
  /** How often the limit was met; the kernel then ends a process. */
  kills(): Promise<number>;
}

/** Makes such a group, by the first or the second version of control groups. */
export async function memoryGroup(name: string, bytes: number): Promise<MemoryGroup> {
  const first = "/sys/fs/cgroup/memory";
  const isFirst = await exists(join(first, "memory.limit_in_bytes"));
  const parent = isFirst ? first : "/sys/fs/cgroup";
  if (!isFirst) await Deno.writeTextFile(join(parent, "cgroup.subtree_control"), "+memory");
  const folder = join(parent, name);
  await Deno.mkdir(folder, { recursive: true });
  const limit = isFirst ? "memory.limit_in_bytes" : "memory.max";
  await Deno.writeTextFile(join(folder, limit), String(bytes));
  return {
    membersFile: join(folder, "cgroup.procs"),
    async kills() {
      const file = isFirst ? "memory.oom_control" : "memory.events";
      const [, count] = /^oom_kill (\d+)$/m.exec(await Deno.readTextFile(join(folder, file))) ?? [];
      return Number(count);
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder),
  };
}
