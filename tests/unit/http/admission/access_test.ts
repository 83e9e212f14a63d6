import assert from "node:assert/strict";
import { Secret } from "../../../../src/base/secret.ts";
import { FairPlaces } from "../../../../src/http/admission/fair_places.ts";
import { surface } from "../harness.ts";

const access = { token: new Secret("correct-horse-battery") };

function form(token: string): RequestInit {
  return { method: "POST", body: new URLSearchParams({ token }) };
}

Deno.test("the page asks for the token, and a browser that gave it sees the page and the API", async () => {
  const { ask } = surface({ seconds: 1, access });
  const asked = await ask("/");
  assert.equal(asked.status, 401);
  assert.match(await asked.text(), /<form method="post" action="\/login">/);
  assert.equal((await ask("/assets/login.css")).status, 200);
  const given = await ask("/login", form(" correct-horse-battery\n"));
  assert.deepEqual([given.status, given.headers.get("location")], [303, "/"]);
  const [cookie = "", ...attributes] = (given.headers.get("set-cookie") ?? "").split("; ");
  assert.deepEqual(attributes, ["Path=/", "HttpOnly", "SameSite=Strict"]);
  assert.doesNotMatch(cookie, /correct/);
  for (const path of ["/", "/api/symbols", "/metrics", "/api/stream"]) {
    const response = await ask(path, { headers: { cookie: `a=b; ${cookie}` } });
    assert.equal(response.status, 200, path);
    await response.body?.cancel();
  }
});

Deno.test("what needs the token is answered with 401 without it, and a stranger's name with 421", async () => {
  const { ask } = surface({ seconds: 1, access });
  for (const path of ["/api/symbols", "/api/tasks", "/api/stream", "/metrics"]) {
    const response = await ask(path);
    await response.body?.cancel();
    assert.deepEqual([response.status, response.headers.get("www-authenticate")], [401, "Bearer"]);
  }
  for (const path of ["/", "/livez", "/api/symbols", "/nowhere"]) {
    const response = await surface({ seconds: 1, access, host: "evil.example" }).ask(path);
    assert.equal(response.status, 421, path);
    assert.equal((await response.json()).title, "Misdirected Request");
  }
});

Deno.test("the cookie is kept to encrypted connections where it was given over one", async () => {
  const { ask } = surface({ seconds: 1, access, client: { isEncrypted: true } });
  const given = await ask("/login", form("correct-horse-battery"));
  assert.match(given.headers.get("set-cookie") ?? "", /; Secure$/);
});

Deno.test("a wrong token gets the form again, and no cookie", async () => {
  const { ask } = surface({ seconds: 1, access });
  for (const token of ["", "correct-horse-batter", "x".repeat(4_000)]) {
    const response = await ask("/login", form(token));
    assert.deepEqual([response.status, response.headers.get("set-cookie")], [401, null]);
    assert.match(await response.text(), /That is not the token of this server/);
  }
});

Deno.test("a server without a token gives no cookie", async () => {
  const response = await surface({ seconds: 1 }).ask("/login", form("undefined"));
  assert.deepEqual([response.status, response.headers.get("set-cookie")], [401, null]);
});

Deno.test("/readyz shows what stands in the way to those alone who have the token", async () => {
  const { view, ask } = surface({ seconds: 1, access });
  view.readiness = { ready: false, problems: ["task 0 lost trade1@7"] };
  const stranger = await ask("/readyz");
  assert.equal(stranger.status, 503);
  assert.doesNotMatch(await stranger.text(), /trade1/);
  const friend = await ask("/readyz", {
    headers: { authorization: "Bearer correct-horse-battery" },
  });
  assert.match(await friend.text(), /task 0 lost trade1@7/);
});

Deno.test("each request is a line of the log at level debug, without query and token", async () => {
  const lines: unknown[] = [];
  const silent = () => {};
  const logger = {
    ...{ info: silent, warn: silent, error: silent },
    debug: (...line: unknown[]) => void lines.push(line),
  };
  const { ask } = surface({ seconds: 1, access, logger, client: { address: "192.0.2.7" } });
  await ask("/api/trades?symbol=AAPL&token=correct-horse-battery", {
    headers: { authorization: "Bearer correct-horse-battery" },
  });
  const fields = { client: "192.0.2.7", method: "GET", path: "/api/trades", status: 200, ms: 0 };
  assert.deepEqual(lines, [["Answered", fields]]);
});

Deno.test("FairPlaces lets the address with the most give up its oldest", () => {
  const places = new FairPlaces<string>({ total: 4, perAddress: 3 });
  for (const holder of ["a1", "a2", "a3"]) assert.deepEqual(places.take("a", holder), []);
  assert.deepEqual(places.take("a", "a4"), ["a1"]);
  assert.deepEqual(places.take("b", "b1"), []);
  assert.deepEqual(places.take("c", "c1"), ["a2"]);
  assert.deepEqual(places.take("c", "c2"), ["a3"]);
  assert.equal(places.weight, 4);
  places.leave("c", "c1");
  places.leave("c", "c1");
  assert.deepEqual(places.holders.sort(), ["a4", "b1", "c2"]);
});

Deno.test("FairPlaces refuses who has as many as any other, and lets in who has fewer", () => {
  const places = new FairPlaces<string>({ total: 4, perAddress: 3 });
  for (const holder of ["a1", "a2", "a3"]) assert.deepEqual(places.ask("a", holder), []);
  assert.equal(places.ask("a", "a4"), undefined);
  assert.deepEqual(places.ask("b", "b1"), []);
  assert.deepEqual(places.ask("c", "c1"), ["a1"]);
  assert.equal(places.ask("c", "c2"), undefined);
  assert.equal(places.weight, 4);
});

Deno.test("FairPlaces counts the addresses of one IPv6 network as one", () => {
  const places = new FairPlaces<number>({ total: 10, perAddress: 1 });
  assert.deepEqual(places.ask("2001:db8::1", 1), []);
  assert.equal(places.ask("2001:db8::ffff:2", 2), undefined);
  assert.deepEqual(places.ask("2001:db8:0:1::1", 3), []);
  assert.deepEqual(places.ask("::ffff:192.0.2.1", 4), []);
  assert.equal(places.ask("192.0.2.1", 5), undefined);
});

Deno.test("FairPlaces makes room for a heavy one with as many light ones as it takes", () => {
  const places = new FairPlaces<string>({ total: 10 });
  for (const holder of ["a1", "a2", "a3"]) places.take("a", holder, 3);
  assert.deepEqual(places.take("b", "b1", 7), ["a1", "a2"]);
  assert.deepEqual(places.take("b", "b2", 100), ["b1", "a3"]);
});
