import { join } from "node:path";
import { root } from "../../scripts/lib/source_files.ts";
import { assert } from "../../src/base/assert.ts";
import { outputOf } from "./command.ts";
import type { ComposeService } from "./compose_file.ts";

/** A user and its password. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** The containers' passwords in a folder of this machine, made by the script that makes them. */
export class ComposeLogins {
  readonly #folder: string;
  /** What the script tells a person, the first time. */
  readonly told: string;

  private constructor(folder: string, told: string) {
    this.#folder = folder;
    this.told = told;
  }

  /** @param passwords The service that makes them. */
  static async make(passwords: ComposeService | undefined, parent: string): Promise<ComposeLogins> {
    const folder = join(parent, "logins");
    for (const volume of passwords?.volumes ?? []) {
      const [, path = ""] = String(volume).split(":");
      await Deno.mkdir(join(parent, path), { recursive: true });
    }
    const make = () => outputOf("/bin/bash", [join(root, "compose/logins.sh"), folder]);
    const told = await make();
    assert(await make() === "", "the script tells passwords once");
    return new ComposeLogins(folder, told);
  }

  /** What a container has as `/login`. */
  folderOf({ volumes = [] }: ComposeService): string {
    const [, role] = /login-(\w+):\/login:ro/.exec(volumes.join(" ")) ?? [];
    assert(role, "the service has a login");
    return join(this.#folder, role);
  }

  /** How a role logs in to Kafka. */
  kafka(role: string): Login {
    const jaas = Deno.readTextFileSync(join(this.#folder, "kafka/jaas.conf"));
    const [, password = ""] = new RegExp(`user_${role}="(\\w+)"`).exec(jaas) ?? [];
    return { username: role, password };
  }

  /** How a role logs in to Cassandra. */
  cassandra(role: string): Login {
    const lines = Deno.readTextFileSync(join(this.#folder, "access/passwords"));
    const [, password = ""] = new RegExp(`^${role}=(\\w+)$`, "m").exec(lines) ?? [];
    return { username: role, password };
  }
}
