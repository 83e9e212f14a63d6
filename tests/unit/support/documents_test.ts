/** The checks of the documents must be able to fail. */
import assert from "node:assert/strict";
import { blocksOf, inlineCode, isPartOf } from "../../support/documents/blocks.ts";
import { checkSettings, checkTask } from "../../support/documents/deno_commands.ts";
import { checkDocker } from "../../support/documents/docker_commands.ts";
import { commandsOf, parseCommand } from "../../support/documents/shell.ts";

const text = `
Text with \`deno task start\`.

\`\`\`sh
deno task start   # a remark
# another one

A=1 B="two" deno task 'x y'
\`\`\`

- in a list

  \`\`\`
  ──►
    deeper
  \`\`\`
`;

function wordsOf(command: string): readonly string[] {
  return parseCommand({ document: "a.md", line: 1, text: command }).words.slice(1);
}

Deno.test("blocksOf() finds blocks with language, line and own indentation", () => {
  assert.deepEqual(
    blocksOf("a.md", text).map(({ line, language, lines }) => [line, language, lines.length]),
    [[4, "sh", 4], [13, "", 2]],
  );
  assert.deepEqual(blocksOf("a.md", text)[1]?.lines, ["──►", "  deeper"]);
});

Deno.test("blocksOf() refuses a block without an end", () => {
  assert.throws(() => blocksOf("a.md", "text\n```ts\ncode\n"), /a\.md:2: a block that is never/);
});

Deno.test("inlineCode() finds what stands in the text, not what stands in blocks", () => {
  const passages = inlineCode("a.md", `${text}\n\`\`\`sh\necho \`date\`\n\`\`\`\n`);
  assert.deepEqual(passages, [{ document: "a.md", line: 2, text: "deno task start" }]);
});

Deno.test("commandsOf() gives each command's line, variables and words", () => {
  const [block] = blocksOf("a.md", text);
  assert(block);
  assert.deepEqual(commandsOf(block).map(({ line, env, words }) => ({ line, env, words })), [
    { line: 5, env: {}, words: ["deno", "task", "start"] },
    { line: 8, env: { A: "1", B: "two" }, words: ["deno", "task", "x y"] },
  ]);
});

Deno.test("parseCommand() keeps quoted parts of a word together", () => {
  assert.deepEqual(wordsOf(`docker run --volume "$PWD":/to`), ["run", "--volume", "$PWD:/to"]);
});

Deno.test.each(["a | b", "a > b", "a && b", "a; b", "a $(b)"].map((command) => ({ command })))(
  "parseCommand() refuses $command",
  ({ command }) => {
    assert.throws(() => wordsOf(command), /cannot be taken apart/);
  },
);

Deno.test("isPartOf() wants every line, in order, equally indented", () => {
  const file = "{\n  a();\n\n    b();\n  c();\n}";
  assert(isPartOf(["a();", "", "  b();", "c();"], file));
  assert(!isPartOf(["a();", "", "b();"], file));
  assert(!isPartOf(["a();", "c();"], file));
  assert(!isPartOf(["();"], file));
});

Deno.test.each([
  { command: "docker compose --profile all up", why: /no profile "all"/ },
  { command: "docker compose --profile feed up --fast", why: /no option --fast/ },
  { command: "docker compose --profile feed up --scale proces=2", why: /no service "proces"/ },
  { command: "docker compose --profile dev up process", why: /in none of the profiles dev/ },
  { command: "docker compose stop kafka-9", why: /no service "kafka-9"/ },
  { command: "docker compose port process 8081", why: /shows no port 8081/ },
  { command: "docker compose destroy", why: /cannot be checked/ },
  { command: "docker push x", why: /cannot be checked/ },
  { command: "docker run --rm cassandra:latest ls", why: /no service uses the image/ },
  { command: "docker run --volume market_x:/from cassandra:5.0.5 ls", why: /no volume market_x/ },
])("checkDocker() refuses $command", async ({ command, why }) => {
  await assert.rejects(checkDocker(wordsOf(command)), why);
});

Deno.test.each([
  { command: "deno task run", env: {}, why: /no task "run"/ },
  { command: "deno task start --fast", env: {}, why: /--fast/ },
  { command: "deno task start --speed 10", env: {}, why: /--speed must be absent without/ },
  { command: "deno task provision", env: { TOPIC_PARTITIONS: "no" }, why: /TOPIC_PARTITIONS/ },
  { command: "deno task services start", env: {}, why: /"start"/ },
  { command: "deno task state reset --force", env: {}, why: /--force/ },
  { command: "deno task ok --fast", env: {}, why: /takes no arguments/ },
  { command: "deno task ok", env: { KAFKA_URL: "a:1" }, why: /is told by arguments/ },
])("checkTask() refuses $command with $env", async ({ command, env, why }) => {
  await assert.rejects(checkTask(wordsOf(command).slice(1), env), why);
});

Deno.test("checkSettings() wants a setting and its form", () => {
  checkSettings({ KAFKA_URL: "127.0.0.1:9092" });
  assert.throws(() => checkSettings({ KAFKA_URL: "127.0.0.1" }), /KAFKA_URL must be host:port/);
  assert.throws(() => checkSettings({ KAFKA_URI: "127.0.0.1:9092" }), /no setting KAFKA_URI/);
});
