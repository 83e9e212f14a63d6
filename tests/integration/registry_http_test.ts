import assert from "node:assert/strict";
import type { Clock } from "../../src/base/clock.ts";
import { PipelineError } from "../../src/base/errors.ts";
import { Secret } from "../../src/base/secret.ts";
import { HttpSchemaRegistry } from "../../src/registry/registry_client.ts";
import { hostileRegistryAnswers } from "../support/hostile/registry_answers.ts";

const ignore = Deno.permissions.querySync({ name: "net", host: "127.0.0.1" }).state !== "granted";

/** What the registry stand-in is asked. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly authorization: string | null;
  readonly contentType: string | null;
}

type Answer = (asked: Asked) => Response | Promise<Response>;

/** A server that answers as it is told, and remembers what it was asked. */
function serve(answer: Answer) {
  const asked: Asked[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const question = {
      method: request.method,
      path: pathname + search,
      body: await request.text(),
      authorization: request.headers.get("authorization"),
      contentType: request.headers.get("content-type"),
    };
    asked.push(question);
    return await answer(question);
  });
  return {
    asked,
    host: `127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `HttpSchemaRegistry ${name}`, ignore, fn });
}

test("posts the schema to the subject and returns the id", async () => {
  await using server = serve(() => Response.json({ id: 7 }));
  const registry = new HttpSchemaRegistry({ url: `http://${server.host}/` });
  assert.equal(await registry.register("trade1-value", '"long"'), 7);
  assert.deepEqual(server.asked, [{
    method: "POST",
    path: "/subjects/trade1-value/versions",
    body: '{"schema":"\\"long\\""}',
    authorization: null,
    contentType: "application/vnd.schemaregistry.v1+json",
  }]);
});

test("keeps the path of its base URL and trims slashes at its end", async () => {
  await using server = serve(() => Response.json({ schema: '"long"' }));
  const registry = new HttpSchemaRegistry({ url: `http://${server.host}/apis/ccompat/v7//` });
  assert.equal(await registry.schemaById(7), '"long"');
  assert.equal(server.asked[0]?.path, "/apis/ccompat/v7/schemas/ids/7");
});

test("asks once for an id, also while the answer is under way", async () => {
  await using server = serve(() => Response.json({ schema: '"long"' }));
  const registry = new HttpSchemaRegistry({ url: `http://${server.host}` });
  await Promise.all([registry.schemaById(7), registry.schemaById(7)]);
  await registry.schemaById(7);
  assert.equal(server.asked.length, 1);
});

test("logs in with the credentials given, or with those in its URL", async () => {
  await using server = serve(() => Response.json({ schema: '"long"' }));
  const credentials = { user: "registry", password: new Secret("pä:ss") };
  await new HttpSchemaRegistry({ url: `http://${server.host}`, credentials }).schemaById(1);
  await new HttpSchemaRegistry({ url: `http://registry:p%C3%A4%3Ass@${server.host}` }).schemaById(
    1,
  );
  const expected = "Basic cmVnaXN0cnk6cMOkOnNz";
  assert.deepEqual(server.asked.map(({ authorization }) => authorization), [expected, expected]);
});

test("shows no password in its errors", async () => {
  const registry = new HttpSchemaRegistry({ url: "http://registry:hunter2@127.0.0.1:1" });
  await assert.rejects(registry.schemaById(1), (error: Error) => {
    assert.doesNotMatch(Deno.inspect(error), /hunter2/);
    return true;
  });
});

const refusals: readonly (readonly [number, unknown, string])[] = [
  [404, { error_code: 40403, message: "Schema 7 not found" }, "SCHEMA_UNKNOWN"],
  [404, { error_code: 404, message: "HTTP 404 Not Found" }, "REGISTRY_REFUSED"],
  [401, { error_code: 401, message: "Unauthorized" }, "REGISTRY_REFUSED"],
  [403, { error_code: 403, message: "Forbidden" }, "REGISTRY_REFUSED"],
  [409, { error_code: 409, message: "Schema is incompatible" }, "REGISTRY_REFUSED"],
  [422, { error_code: 42201, message: "Invalid schema" }, "REGISTRY_REFUSED"],
  [429, { error_code: 429, message: "Too many requests" }, "REGISTRY_UNAVAILABLE"],
  [500, { error_code: 50001, message: "Error in the backend" }, "REGISTRY_UNAVAILABLE"],
  [503, { error_code: 50003, message: "No leader" }, "REGISTRY_UNAVAILABLE"],
  [200, { answer: "something else" }, "REGISTRY_REFUSED"],
];

for (const [status, body, code] of refusals) {
  test(`raises ${code} for ${status} ${JSON.stringify(body)}`, async () => {
    await using server = serve(() => Response.json(body, { status }));
    const registry = new HttpSchemaRegistry({ url: `http://${server.host}` });
    const words = Object(body).message ?? "not the answer of a schema registry";
    const login = "; check SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD";
    const place = "; check the host, port and path of SCHEMA_REGISTRY_URL";
    const isLogin = status === 401 || status === 403;
    const isPlace = status === 200 || status === 404 && code === "REGISTRY_REFUSED";
    const remedy = isLogin ? login : isPlace ? place : "";
    await assert.rejects(registry.schemaById(7), {
      code,
      message:
        `Cannot read schema 7 as http://${server.host} must accept it: ${status} ${words}${remedy}`,
    });
  });
}

const denied = () => Response.json({ error_code: 40301, message: "denied" }, { status: 403 });

test("looks a schema up that its user may not register", async () => {
  await using server = serve(({ path }) =>
    path.endsWith("/versions") ? denied() : Response.json({ subject: "s", version: 2, id: 7 })
  );
  const registry = new HttpSchemaRegistry({ url: `http://${server.host}` });
  assert.equal(await registry.register("s", '"long"'), 7);
  const [posted, looked] = server.asked;
  assert.equal(looked?.path, "/subjects/s");
  assert.equal(looked?.body, posted?.body);
});

test("names the right that is missing where the schema is not there either", async () => {
  await using server = serve(({ path }) =>
    path.endsWith("/versions")
      ? denied()
      : Response.json({ error_code: 40403, message: "Schema not found" }, { status: 404 })
  );
  const registry = new HttpSchemaRegistry({ url: `http://${server.host}` });
  await assert.rejects(registry.register("s", '"long"'), {
    code: "REGISTRY_REFUSED",
    message: "Cannot register schema under s as the user must have the right to write it: " +
      "403 denied, and it is not registered yet; grant that right, or register it as a user who " +
      "has it",
  });
});

test("follows no redirect, which would drop the login, and names it", async () => {
  await using other = serve(() => Response.json({ id: 7 }));
  const location = `http://user:pw@${other.host}/subjects/s/versions?q`;
  await using server = serve(() => new Response(null, { status: 301, headers: { location } }));
  const registry = new HttpSchemaRegistry({ url: `http://${server.host}` });
  await assert.rejects(registry.register("s", '"long"'), {
    code: "REGISTRY_REFUSED",
    message: "Cannot register schema under s as SCHEMA_REGISTRY_URL must name the registry " +
      `itself: http://${server.host} redirects to http://${other.host}/subjects/s/versions`,
  });
  assert.equal(other.asked.length, 0);
});

test("raises REGISTRY_REFUSED for a page that is not a registry's", async () => {
  await using server = serve(() => new Response("<html>Welcome</html>"));
  const registry = new HttpSchemaRegistry({ url: `http://${server.host}` });
  await assert.rejects(registry.register("s", '"long"'), { code: "REGISTRY_REFUSED" });
});

test("takes no hostile answer for one, ends by no other error, and repeats little of it", async () => {
  const told = new Map(hostileRegistryAnswers.map((answer, i) => [`/${i}`, answer]));
  await using server = serve(({ path }) => {
    const { status = 500, body = "", headers = {} } = told.get(path.replace(/^(\/\d+).*/, "$1")) ??
      {};
    return new Response(body, { status, headers });
  });
  for (const [path, answer] of told) {
    const registry = new HttpSchemaRegistry({ url: `http://${server.host}${path}` });
    for (const work of [() => registry.schemaById(7), () => registry.register("s", '"long"')]) {
      await assert.rejects(work, (error: unknown) => {
        const shown = JSON.stringify(answer).slice(0, 200);
        assert.ok(error instanceof PipelineError, `${shown}: ${error}`);
        assert.match(error.code, /^(REGISTRY_(REFUSED|UNAVAILABLE)|SCHEMA_UNKNOWN)$/, shown);
        assert.ok(error.message.length < 1_000, `${shown}: ${error.message.length}`);
        assert.doesNotMatch(error.message, /pw-6vQ9/);
        return true;
      });
    }
  }
});

test("reads no more of an answer than a schema can have", async () => {
  await using server = serve(() => Response.json({ schema: "x".repeat(2_000_000) }));
  const registry = new HttpSchemaRegistry({ url: `http://${server.host}` });
  await assert.rejects(registry.schemaById(7), { code: "SCHEMA_UNKNOWN" });
});

test("asks again after a failure", async () => {
  let failures = 1;
  await using server = serve(() =>
    failures-- > 0 ? new Response("", { status: 503 }) : Response.json({ schema: '"long"' })
  );
  const registry = new HttpSchemaRegistry({ url: `http://${server.host}` });
  await assert.rejects(registry.schemaById(7), { code: "REGISTRY_UNAVAILABLE" });
  assert.equal(await registry.schemaById(7), '"long"');
});

test("registers again after a conflict, which may be another program's registration", async () => {
  let conflicts = 1;
  await using server = serve(() =>
    conflicts-- > 0
      ? Response.json({ error_code: 409, message: "already exists" }, { status: 409 })
      : Response.json({ id: 7 })
  );
  const registry = new HttpSchemaRegistry({ url: `http://${server.host}` });
  assert.equal(await registry.register("s", '"long"'), 7);
});

test("raises REGISTRY_REFUSED after three conflicts", async () => {
  const body = { error_code: 409, message: "Schema is incompatible" };
  await using server = serve(() => Response.json(body, { status: 409 }));
  const registry = new HttpSchemaRegistry({ url: `http://${server.host}` });
  await assert.rejects(registry.register("s", '"long"'), { code: "REGISTRY_REFUSED" });
  assert.equal(server.asked.length, 3);
});

test("raises REGISTRY_UNAVAILABLE when nobody listens", async () => {
  const registry = new HttpSchemaRegistry({ url: "http://127.0.0.1:1" });
  await assert.rejects(registry.register("s", '"long"'), {
    code: "REGISTRY_UNAVAILABLE",
    message: "Cannot register schema under s as http://127.0.0.1:1 must answer",
  });
});

test("raises REGISTRY_UNAVAILABLE when no answer comes in time", async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: answer, resolve } = Promise.withResolvers<Response>();
  await using server = serve(() => {
    ask();
    return answer;
  });
  const clock: Clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: () => asked };
  const registry = new HttpSchemaRegistry({ url: `http://${server.host}`, timeoutMs: 250, clock });
  await assert.rejects(registry.schemaById(7), (error: Error) => {
    assert.equal(Object(error).code, "REGISTRY_UNAVAILABLE");
    assert.match(String(error.cause), /no answer in 250 ms/);
    return true;
  });
  resolve(new Response());
});
