/** The description at `/api/openapi.json` is sound, and every operation answers as it says. */
import assert from "node:assert/strict";
import { PipelineError } from "../../src/base/errors.ts";
import { Secret } from "../../src/base/secret.ts";
import type { OpenApiDocument, OpenApiOperation } from "../../src/http/exchange/open_api.ts";
import type { Schema } from "../../src/http/schema.ts";
import { fakeStandby, fakeTask } from "../support/fake_live_view.ts";
import { localClient, type Surface, surface } from "../unit/http/harness.ts";
import { checkOf, openApiFaults } from "./validators.ts";

const document: OpenApiDocument = await (await surface({ seconds: 0 }).ask("/api/openapi.json"))
  .json();
const operations = Object.entries(document.paths)
  .map(([path, { get }]) => ({ path, ...get }));

/** A request that has the status among its operation's answers. */
interface Call {
  readonly id: string;
  readonly status: number;
  readonly path: string;
  readonly init?: RequestInit;
  readonly surface?: () => Surface;
}

function failing(error: Error): Surface {
  const made = surface({ seconds: 1 });
  made.view.failure = error;
  return made;
}

function unavailable(): Surface {
  return failing(new PipelineError("SINK_UNAVAILABLE", "Cannot read rows"));
}

function unready(): Surface {
  const made = surface({ seconds: 1 });
  made.view.readiness = { ready: false, problems: ["task 0 is restoring"] };
  made.view.layout = undefined;
  return made;
}

/** A surface with everything that may be absent. */
function busy(): Surface {
  const made = surface();
  const restore = {
    position: 1,
    restoredRecords: 1,
    remainingOffsets: 2,
    recordsPerSecond: 0.5,
  };
  made.view.statuses = [
    fakeTask({ restore, state: "restoring" } as never),
    fakeTask({ state: "failed", problem: "gone", lagRecords: undefined }),
  ];
  made.view.standbyStatuses = [
    fakeStandby(),
    fakeStandby({ remainingOffsets: undefined }),
  ];
  return made;
}

/** A surface that wants a token. */
const closed = () =>
  surface({ seconds: 1, access: { token: new Secret("correct-horse-battery") } });

/** A surface of whose answers its client has had too many. */
function eager(): Surface {
  const made = surface({ seconds: 1 });
  made.context.queries.charge(localClient.address, 2 ** 40);
  return made;
}

/** A surface that is asked by another server's name. */
const elsewhere = () => surface({ seconds: 1, host: "elsewhere.example" });

const full = () => surface({ seconds: 1, places: { total: 0 } });

/** A surface whose pulse has as many followers as it takes. */
function followed(): Surface {
  const made = surface({ seconds: 1 });
  while (made.context.pulse.connect(localClient.address) !== undefined);
  return made;
}

const unchanged = { headers: { "if-none-match": "*" } };

const calls: readonly Call[] = [
  ...["candles", "trades"].flatMap((id): Call[] => [
    { id, status: 200, path: `/api/${id}?symbol=AAPL&limit=3` },
    { id, status: 400, path: `/api/${id}?symbol=AAPL&limit=0` },
    { id, status: 404, path: `/api/${id}?symbol=NOBODY` },
    { id, status: 503, path: `/api/${id}?symbol=AAPL`, surface: unavailable },
    {
      ...{ id, status: 500, path: `/api/${id}?symbol=AAPL` },
      surface: () => failing(new TypeError("bug")),
    },
  ]),
  { id: "symbols", status: 200, path: "/api/symbols" },
  { id: "symbols", status: 200, path: "/api/symbols?scope=local" },
  { id: "symbols", status: 400, path: "/api/symbols?scope=here" },
  { id: "symbols", status: 503, path: "/api/symbols", surface: unready },
  { id: "tasks", status: 200, path: "/api/tasks", surface: busy },
  { id: "stream", status: 200, path: "/api/stream" },
  { id: "stream", status: 400, path: "/api/stream?scope=here" },
  { id: "stream", status: 503, path: "/api/stream", surface: full },
  { id: "pulse", status: 200, path: "/api/pulse" },
  { id: "pulse", status: 503, path: "/api/pulse", surface: followed },
  { id: "openapi", status: 200, path: "/api/openapi.json" },
  { id: "metrics", status: 200, path: "/metrics" },
  { id: "livez", status: 200, path: "/livez" },
  { id: "readyz", status: 200, path: "/readyz" },
  { id: "readyz", status: 503, path: "/readyz", surface: unready },
  { id: "page", status: 200, path: "/" },
  { id: "page", status: 304, path: "/", init: unchanged },
  { id: "asset", status: 200, path: "/assets/app.js" },
  { id: "asset", status: 304, path: "/assets/app.js", init: unchanged },
  { id: "asset", status: 404, path: "/assets/none.js" },
  ...operations.flatMap(({ operationId: id, path, responses }): Call[] => [
    { id, status: 405, path, init: { method: "POST" } },
    { id, status: 421, path, surface: elsewhere },
    ..."429" in responses ? [{ id, status: 429, path, surface: eager }] : [],
    ..."401" in responses ? [{ id, status: 401, path, surface: closed }] : [],
  ]),
];

Deno.test("the OpenAPI document passes the schema of OpenAPI 3.1", async () => {
  assert.equal(await openApiFaults(document), undefined);
  assert.notEqual(
    await openApiFaults({ ...document, info: {} }),
    undefined,
  );
});

Deno.test.each(calls)(
  "$id answers $status as described: $path",
  async (call) => {
    const operation = operations.find(({ operationId }) => operationId === call.id);
    assert.ok(operation !== undefined);
    const made = (call.surface ?? surface)();
    const response = await made.ask(call.path, call.init);
    assert.equal(response.status, call.status);
    await assertAsDescribed(response, operation);
  },
);

Deno.test("every answer that is described was called for", () => {
  const described = operations.flatMap(({ operationId, responses }) =>
    Object.keys(responses).map((status) => `${operationId} ${status}`)
  );
  const called = calls.map(({ id, status }) => {
    const { responses } = operations.find(({ operationId }) => operationId === id) ?? {};
    return `${id} ${responses?.[status] === undefined ? "default" : status}`;
  });
  assert.deepEqual([...new Set(called)].sort(), described.sort());
});

const parameters = operations.flatMap(({ path, parameters }) =>
  parameters.filter((parameter) => parameter.in === "query")
    .map((parameter) => ({ path, ...parameter }))
);

Deno.test.each(parameters)("$path takes of $name what its schema takes", async (parameter) => {
  const { path, name, required, schema } = parameter;
  const check = checkOf(schema);
  const others = name === "symbol" || !/candles|trades/.test(path) ? "" : "&symbol=AAPL";
  for (const sample of samplesOf(schema)) {
    const texts = [sample].flat().map((text) => `${name}=${encodeURIComponent(String(text))}`);
    const status = await statusOf(`${path}?${texts.join("&")}${others}`);
    assert.equal(status !== 400, check(sample), `${texts}: ${status}`);
  }
  assert.equal(await statusOf(`${path}?${others}`) === 400, required);
  if ("default" in schema) assert.ok(check(schema["default"]));
});

/** Values that fit a schema, and values that do not. */
function samplesOf({ type, enum: values, minimum, maxItems }: Schema): unknown[] {
  const long = "A".repeat(129);
  if (Array.isArray(values)) return [...values, "nonsense"];
  if (type === "integer") return [Number(minimum), Number(minimum) - 1, 1.5, "nonsense"];
  if (type === "array") return [["AAPL"], [long], Array(Number(maxItems) + 1).fill("AAPL")];
  return ["AAPL", long];
}

async function statusOf(path: string): Promise<number> {
  const { status, body } = await surface({ seconds: 1 }).ask(path);
  await body?.cancel();
  return status;
}

async function assertAsDescribed(
  response: Response,
  { responses }: OpenApiOperation,
): Promise<void> {
  const described = responses[response.status] ?? responses["default"];
  assert.ok(described !== undefined);
  for (const [name, header] of Object.entries(described.headers)) {
    const reference = header["$ref"];
    const { schema } = (typeof reference === "string" ? resolved(reference) : header) as {
      readonly schema: unknown;
    };
    const check = checkOf(schema);
    assert.ok(
      check(response.headers.get(name)),
      `${name}: ${response.headers.get(name)}`,
    );
  }
  await assertBody(response, Object.entries(described.content ?? {}));
}

async function assertBody(
  response: Response,
  [content]: readonly (readonly [string, { readonly schema: unknown }])[],
): Promise<void> {
  const [type, media] = content ?? [];
  if (type === undefined || media === undefined) {
    assert.equal(await response.text(), "");
    return;
  }
  const actual = response.headers.get("content-type")?.split(";")[0] ?? "";
  if (type !== "*/*") assert.equal(actual, type);
  if (type === "text/event-stream") return await response.body?.cancel();
  const check = checkOf(media.schema);
  const body = type.endsWith("json") ? await response.json() : await response.text();
  assert.ok(check(body), JSON.stringify(check.errors));
}

function resolved(reference: string): unknown {
  const path = reference.slice("#/".length).split("/");
  return path.reduce<unknown>(
    (value, name) => (value as Readonly<Record<string, unknown>>)[name],
    document,
  );
}
