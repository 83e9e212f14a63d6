/** The places that name a version of Deno, of Java, of a package or of the product must agree. */
import assert from "node:assert/strict";
import ci from "../../../.ci/run" with { type: "text" };
import alone from "../../../.devcontainer/devcontainer.json" with { type: "json" };
import beside from "../../../.devcontainer/services/devcontainer.json" with { type: "json" };
import workplace from "../../../.devcontainer/Dockerfile" with { type: "text" };
import changelog from "../../../CHANGELOG.md" with { type: "text" };
import images from "../../../compose/Dockerfile" with { type: "text" };
import contributing from "../../../CONTRIBUTING.md" with { type: "text" };
import config from "../../../deno.json" with { type: "json" };
import nightly from "../../../.github/workflows/nightly.yml" with { type: "text" };
import operating from "../../../docs/OPERATING.md" with { type: "text" };
import readme from "../../../README.md" with { type: "text" };
import browser from "../../browser/deno.json" with { type: "json" };
import { CATALOGUE } from "../../../scripts/services/catalogue.ts";

Deno.test("README, CONTRIBUTING, images and dev container use the Deno that the checks run on", () => {
  const [, version] = /^version=(\S+)$/m.exec(ci) ?? [];
  assert(version);
  const [, image] = /^ARG DENO=(.+)$/m.exec(images) ?? [];
  assert(image?.startsWith(`${version}@sha256:`));
  assert(workplace.includes(`\nFROM denoland/deno:${image}\n`));
  const named = [...`${readme}${contributing}${nightly}`.matchAll(/deno@(\d[\d.]*)/g)]
    .map(([, found]) => found);
  assert(contributing.includes(`(https://deno.com) ${version},`));
  assert.deepEqual([...new Set(named)], [version]);
});

Deno.test("the dev container has a Java that every service runs on", () => {
  const release = Number(/^FROM eclipse-temurin:(\d+)\S+ AS java$/m.exec(workplace)?.[1]);
  for (const { name, java: { min, max = Infinity } } of Object.values(CATALOGUE)) {
    assert(release >= min && release <= max, name);
  }
});

Deno.test("both dev containers forward the same ports and recommend the same extensions", () => {
  assert.deepEqual(alone.forwardPorts, beside.forwardPorts);
  assert.deepEqual(alone.customizations, beside.customizations);
  assert.deepEqual(beside.dockerComposeFile, ["../../compose/compose.yaml", "workspace.yaml"]);
});

Deno.test("the changelog begins with the version that deno.json names", () => {
  const [, newest] = /^## \[(.+?)\]/m.exec(changelog) ?? [];
  assert.equal(newest, config.version);
});

Deno.test("the documents name images of the version that deno.json names", () => {
  const named = [...operating.matchAll(/market\/\w+:(\S+)/g)].map(([, found]) => found);
  assert.deepEqual([...new Set(named)], [config.version]);
});

Deno.test("the tests of the page use the packages that everything else uses", () => {
  const { "playwright-core": _, ...shared } = browser.imports;
  for (const [name, source] of Object.entries(shared)) {
    assert.equal(source, new Map(Object.entries(config.imports)).get(name));
  }
});
