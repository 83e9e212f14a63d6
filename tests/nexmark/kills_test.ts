/** Every Nexmark query over Kafka, killed twenty times while events come in. */
import { killQuery, nexmarkQueries } from "../support/nexmark_kills.ts";
import { say } from "../support/say.ts";

const kills = 20;
const seed = Number(Deno.env.get("NEXMARK_SEED") ?? Math.floor(Math.random() * 2 ** 32));

Deno.test.each(nexmarkQueries)("%s says the same whenever it is killed", async (query) => {
  say(`NEXMARK_SEED=${seed}`);
  await killQuery({ query, kills, seed });
});
