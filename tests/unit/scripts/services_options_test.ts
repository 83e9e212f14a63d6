import assert from "node:assert/strict";
import { HELP, parseCli } from "../../../scripts/services/options.ts";
import { defaultSettings } from "../../../scripts/services/settings.ts";

Deno.test("parseCli() gives all services on default ports for a bare command", () => {
  assert.deepEqual(parseCli(["up"]), {
    command: "up",
    dir: ".services",
    services: ["kafka", "registry", "cassandra"],
    autoPorts: false,
    wipe: false,
  });
});

Deno.test("parseCli() reads every option", () => {
  const args = "up --dir /d --only cassandra,kafka --ports auto --kafka-brokers 3";
  assert.deepEqual(parseCli([...args.split(" "), "--save", "/e", "--wipe"]), {
    command: "up",
    dir: "/d",
    services: ["kafka", "cassandra"],
    autoPorts: true,
    kafkaBrokers: 3,
    saveFile: "/e",
    wipe: true,
  });
});

Deno.test("parseCli() answers --help before anything else", () => {
  assert.equal(parseCli(["--help"]).command, "help");
  assert.equal(parseCli(["nonsense", "--help"]).command, "help");
});

Deno.test("HELP names every option that parseCli() reads", () => {
  const options = ["dir", "only", "ports", "kafka-brokers", "save", "wipe", "help"];
  for (const option of options) assert.match(HELP, new RegExp(`--${option}\\b`));
});

for (
  const [args, message] of [
    [[], /Cannot use command as it must be one of up, down, status: ""/],
    [["restart"], /one of up, down, status: "restart"/],
    [["up", "down"], /must be one word: "up down"/],
    [["up", "--only", "kafka,zookeeper"], /--only as it must be one of kafka, .*: "zookeeper"/],
    [["up", "--only", ""], /--only as it must be one of .*: ""/],
    [["up", "--ports", "9092"], /--ports as it must be one of default, auto: "9092"/],
    [["up", "--kafka-brokers", "0"], /--kafka-brokers as it must be a number from 1 to 9: "0"/],
    [["up", "--kafka-brokers", "2x"], /: "2x"/],
    [["up", "--dir", ""], /--dir as it must be a folder: ""/],
    [["up", "--port", "auto"], /each must be listed by --help: .*--port/],
    [["up", "--dir"], /each must be listed by --help/],
  ] as const
) {
  Deno.test(`parseCli() refuses ${JSON.stringify(args)}`, () => {
    assert.throws(() => parseCli(args), { code: "CONFIG_INVALID", message });
  });
}

Deno.test("defaultSettings() takes cache, Java and heap sizes from the environment", () => {
  const settings = defaultSettings("/data", {
    SERVICES_CACHE: "/cache",
    JAVA_HOME: "/jdk",
    SERVICES_CASSANDRA_HEAP: "700m",
  });
  assert.equal(settings.dir, "/data");
  assert.equal(settings.cache, "/cache");
  assert.equal(settings.javaHome, "/jdk");
  assert.deepEqual(settings.heap, { kafka: "512m", registry: "256m", cassandra: "700m" });
});

Deno.test("defaultSettings() refuses a heap size that Java would not understand", () => {
  assert.throws(() => defaultSettings("/data", { SERVICES_KAFKA_HEAP: "512 MB" }), {
    code: "CONFIG_INVALID",
    message: 'Cannot use SERVICES_KAFKA_HEAP as a heap size must be like 512m or 1g: "512 MB"',
  });
});
