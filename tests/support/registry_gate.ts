import type { Certificates } from "./certificates.ts";

/** What a gate stands before, and whom it lets through. */
export interface RegistryGateOptions {
  /** Of a registry that lets everybody in. */
  readonly registryUrl: string;
  readonly certificates: Pick<Certificates, "certificate" | "key">;
  readonly account: { readonly username: string; readonly password: string };
}

/** TLS and basic authentication before a real registry, as an operator's proxy gives it. */
export class RegistryGate implements AsyncDisposable {
  /** `https:`, with the registry's own path. */
  readonly url: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(server: Deno.HttpServer<Deno.NetAddr>, path: string) {
    this.#server = server;
    this.url = `https://127.0.0.1:${server.addr.port}${path}`;
  }

  static async open(
    { registryUrl, certificates, account }: RegistryGateOptions,
  ): Promise<RegistryGate> {
    const target = new URL(registryUrl);
    const expected = basicAuthorization(account);
    const server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      cert: await Deno.readTextFile(certificates.certificate),
      key: await Deno.readTextFile(certificates.key),
      onListen() {},
    }, async (request) => {
      if (request.headers.get("authorization") !== expected) return unauthorized();
      const { pathname, search } = new URL(request.url);
      const headers = new Headers(request.headers);
      headers.delete("authorization");
      headers.delete("host");
      const body = request.method === "POST" ? { body: await request.text() } : {};
      const passed = new URL(pathname + search, target);
      const answer = await fetch(passed, { method: request.method, headers, ...body });
      return new Response(await answer.text(), { status: answer.status, headers: answer.headers });
    });
    return new RegistryGate(server, target.pathname.replace(/\/+$/, ""));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function unauthorized(): Response {
  return Response.json({ error_code: 401, message: "Unauthorized" }, {
    status: 401,
    headers: { "www-authenticate": "Basic" },
  });
}

function basicAuthorization({ username, password }: RegistryGateOptions["account"]): string {
  return `Basic ${new TextEncoder().encode(`${username}:${password}`).toBase64()}`;
}
