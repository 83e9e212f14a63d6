import type { ProcessInstance } from "../../tests/support/process_instance.ts";
import { seconds } from "../../tests/support/seconds.ts";

/** What happens to an instance, and how it comes back. */
export interface Strike {
  readonly strike: (victim: ProcessInstance) => Promise<void>;
  readonly recover: (victim: ProcessInstance) => Promise<void>;
}

/** Group of the instance whose network is cut. */
const groupOf = new WeakMap<ProcessInstance, number>();

/** First of the groups that instances run as. */
const firstGid = 4_200;

/** The firewall's table that cuts instances off. */
const table = "take_over";

/** Starts instances that can be told apart by what runs on the same machine. */
export function startApart(instances: readonly ProcessInstance[]): void {
  for (const [index, instance] of instances.entries()) {
    groupOf.set(instance, firstGid + index);
    start(instance);
  }
}

function start(instance: ProcessInstance): void {
  // Only the superuser may choose a group, and cut a network.
  instance.start(Deno.uid() === 0 ? { gid: groupOf.get(instance) } : {});
}

/**
 * The ways to lose an instance: SIGKILL, SIGSTOP, and a network that takes nothing from it any more,
 * so that connections stay open and silent.
 *
 * @param stillMs How long one is held still or cut off.
 */
export function strikes(stillMs: number): Readonly<Record<string, Strike>> {
  const pass = () => seconds(stillMs / 1_000);
  return {
    kill: {
      strike: async (victim) => await victim.program?.kill(),
      recover: (victim) => Promise.resolve(start(victim)),
    },
    stop: {
      strike: async (victim) => await victim.program?.pause(),
      recover: async (victim) => {
        await pass();
        victim.program?.resume();
      },
    },
    cut: {
      strike: async (victim) => {
        const rule = `meta skgid ${groupOf.get(victim)} drop`;
        await nft(`add table inet ${table}`);
        await nft(`add chain inet ${table} output { type filter hook output priority 0 ; }`);
        await nft(`add rule inet ${table} output ${rule}`);
      },
      recover: async () => {
        await pass();
        await nft(`delete table inet ${table}`);
      },
    },
  };
}

async function nft(command: string): Promise<void> {
  const { code, stderr } = await new Deno.Command("nft", { args: [command] }).output();
  if (code === 0) return;
  throw new Error(`nft ${command}: ${new TextDecoder().decode(stderr)}`);
}
