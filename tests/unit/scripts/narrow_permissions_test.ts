import assert from "node:assert/strict";
import {
  narrowed,
  needsOfProcess,
  needsOfProduce,
} from "../../../scripts/lib/narrow_permissions.ts";
import { readProcessConfig } from "../../../src/app/process_config.ts";
import { readProduceConfig } from "../../../src/app/produce_config.ts";

const environment = {
  KAFKA_URL: "b1:9092,b2:9093",
  SCHEMA_REGISTRY_URL: "https://registry",
  SCHEMA_REGISTRY_CA_FILE: "ca.pem",
  CASSANDRA_HOST: "c1,c2",
  FINHUB_SECRET_KEY: "sesame",
  FINHUB_SYMBOLS_FILE: "symbols.txt",
  SPOOL_DIR: "/spool",
  STATE_DIR: "/state",
};

Deno.test("needsOfProduce() names feed, brokers, registry, own port, spool and files", () => {
  assert.deepEqual(needsOfProduce(readProduceConfig(environment)), {
    hosts: ["b1:9092", "b2:9093", "registry:443", "ws.finnhub.io:443", "127.0.0.1:8082"],
    reads: ["/spool", "symbols.txt", "ca.pem"],
    writes: ["/spool"],
  });
});

Deno.test("needsOfProcess() names brokers, registry, every node, own port, state and certificates", () => {
  assert.deepEqual(needsOfProcess(readProcessConfig(environment)), {
    hosts: ["b1:9092", "b2:9093", "registry:443", "c1:9042", "c2:9042", "127.0.0.1:8080"],
    reads: ["/state", "ca.pem"],
    writes: ["/state"],
  });
});

Deno.test("narrowed() narrows what allows everything, and nothing else", () => {
  const needs = { hosts: ["a:1", "a:1"], reads: ["/s"], writes: ["/s"] };
  const command = "deno run --allow-env=A --allow-net --allow-read --allow-write --allow-ffi x.ts";
  assert.equal(
    narrowed(command, needs, { packages: "/npm", also: ["b:2"] }),
    "deno run --allow-env=A --allow-net=a:1,b:2 --allow-read=/s,/npm,/etc/alpine-release " +
      "--allow-write=/s --allow-ffi=/npm x.ts",
  );
});
