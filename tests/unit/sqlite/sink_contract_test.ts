import { openSqlite } from "../../../src/sqlite/results.ts";
import { sinkContract } from "../../contract/sink.ts";

sinkContract(
  "SqliteSink",
  (settings) =>
    Promise.resolve(openSqlite({ path: ":memory:", tradesTtlSeconds: 604_800, ...settings })),
);
