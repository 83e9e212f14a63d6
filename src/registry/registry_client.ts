import { boundedText } from "../base/bounded_text.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { type ErrorCode, PipelineError } from "../base/errors.ts";
import { Secret } from "../base/secret.ts";
import { Memo } from "./memo.ts";
import type { SchemaRegistry } from "./ports.ts";
import { tlsRefusal } from "./tls_refusal.ts";
import { isSchemaId } from "./wire_format.ts";

/** Answers remembered, of either kind: far more than one application has schemas. */
const answersMax = 1_000;
const timeoutMsDefault = 10_000;
/** The longest answer that is read, characters: far more than the largest schema that is taken. */
const answerCharsMax = 1_000_000;
/** Longest part of an answer that a message repeats, characters. */
const saidCharsMax = 300;
/**
 * How often a registration is sent while the registry sees a conflict: an incompatible schema stays
 * one, but Apicurio also answers 409 when two programs register at the same moment.
 */
const conflictTriesMax = 3;
const conflict = 409;
const forbidden = 403;
const mediaType = "application/vnd.schemaregistry.v1+json";
/** The registry's own number for "no schema has this id". */
const schemaNotFound = 40403;

const loginRemedy = "; check SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD";
const placeRemedy = "; check the host, port and path of SCHEMA_REGISTRY_URL";

/** How the registry is reached. */
export interface HttpSchemaRegistryOptions {
  /** Base URL; a user and a password in it are used and never shown. */
  readonly url: string;
  readonly credentials?: { readonly user: string; readonly password: Secret };
  /** PEM of authorities whose signature on the registry's certificate counts, too. */
  readonly authorities?: string;
  /** How long one request may take, ms; 10 s by default. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  /** How a request is sent; over the network by default. */
  readonly send?: Send;
}

/** What came for a request. */
export interface RawAnswer {
  readonly status: number;
  /** Where the answer says to ask; `null` where it does not. */
  readonly location: string | null;
  /** `undefined` where it is longer than is read. */
  readonly text: string | undefined;
}

/** Sends a request, and follows no redirect: it would drop the login, and make a GET of what is registered. */
export type Send = (url: string, init: RequestInit) => Promise<RawAnswer>;

interface Request {
  /** What the request is for, as in "Cannot <action> as …". */
  readonly action: string;
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/**
 * A Confluent-compatible schema registry over HTTP (Confluent, Karapace, Apicurio's ccompat API).
 *
 * @see Confluent Schema Registry API reference: subjects, schemas, errors
 */
export class HttpSchemaRegistry implements SchemaRegistry {
  readonly #baseUrl: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #sendBy: Send;
  readonly #ids = new Memo<string, number>(answersMax);
  readonly #schemas = new Memo<number, string>(answersMax);

  constructor(options: HttpSchemaRegistryOptions) {
    const url = new URL(options.url);
    const credentials = options.credentials ?? credentialsIn(url);
    url.username = url.password = "";
    this.#baseUrl = url.href.replace(/\/+$/, "");
    this.#headers = { accept: `${mediaType}, application/json`, ...authorization(credentials) };
    this.#timeoutMs = options.timeoutMs ?? timeoutMsDefault;
    this.#clock = options.clock ?? systemClock;
    this.#sendBy = options.send ?? overHttp(options.authorities);
  }

  register(subject: string, schemaText: string): Promise<number> {
    const key = JSON.stringify([subject, schemaText]);
    return this.#ids.get(key, () => this.#register(subject, schemaText));
  }

  schemaById(id: number): Promise<string> {
    return this.#schemas.get(id, () => this.#schemaById(id));
  }

  async #register(subject: string, schemaText: string): Promise<number> {
    const request = {
      action: `register schema under ${subject}`,
      path: `/subjects/${encodeURIComponent(subject)}/versions`,
      body: { schema: schemaText },
    };
    let answer = await this.#ask(request);
    for (let tries = 1; answer.status === conflict && tries < conflictTriesMax; tries++) {
      answer = await this.#ask(request);
    }
    if (answer.status === forbidden) return await this.#lookUp(subject, schemaText, answer);
    return this.#idIn(request, answer);
  }

  /** For users who may only read: the id under which somebody else has registered the schema. */
  async #lookUp(subject: string, schemaText: string, refused: Answer): Promise<number> {
    const request = {
      action: `register schema under ${subject}`,
      path: `/subjects/${encodeURIComponent(subject)}`,
      body: { schema: schemaText },
    };
    const answer = await this.#ask(request);
    if (answer.status !== 404) return this.#idIn(request, answer);
    throw new PipelineError(
      "REGISTRY_REFUSED",
      `Cannot ${request.action} as the user must have the right to write it: ` +
        `${forbidden} ${messageOf(refused) ?? "forbidden"}, and it is not registered yet; ` +
        "grant that right, or register it as a user who has it",
      { context: { status: forbidden } },
    );
  }

  #idIn(request: Request, answer: Answer): number {
    const id = answer.body?.["id"];
    if (answer.status !== 200 || !isSchemaId(id)) throw this.#refusal(request, answer);
    return id;
  }

  async #schemaById(id: number): Promise<string> {
    const request = { action: `read schema ${id}`, path: `/schemas/ids/${id}` };
    const answer = await this.#ask(request);
    const schema = answer.body?.["schema"];
    if (answer.status !== 200 || typeof schema !== "string") throw this.#refusal(request, answer);
    return schema;
  }

  async #ask(request: Request): Promise<Answer> {
    const expiry = new AbortController();
    const done = new AbortController();
    this.#clock.sleep(this.#timeoutMs, done.signal).then(
      () => expiry.abort(new Error(`no answer in ${this.#timeoutMs} ms`)),
      () => {},
    );
    try {
      return await this.#send(request, expiry.signal);
    } catch (cause) {
      if (cause instanceof PipelineError) throw cause;
      throw this.#silence(request, cause);
    } finally {
      done.abort();
    }
  }

  async #send({ action, path, body }: Request, signal: AbortSignal): Promise<Answer> {
    const send = this.#sendBy;
    const { status, location, text } = await send(`${this.#baseUrl}${path}`, {
      headers: { ...this.#headers, ...(body === undefined ? {} : { "content-type": mediaType }) },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      signal,
    });
    if (location !== null && status < 400) throw this.#redirection(action, location);
    if (text !== undefined) return { status, body: parseObject(text) };
    throw new PipelineError(
      "SCHEMA_UNKNOWN",
      `Cannot read the registry's answer as it must have at most ${answerCharsMax} characters`,
    );
  }

  #redirection(action: string, location: string): PipelineError {
    const target = URL.parse(location, this.#baseUrl);
    return new PipelineError(
      "REGISTRY_REFUSED",
      `Cannot ${action} as SCHEMA_REGISTRY_URL must name the registry itself: ${this.#baseUrl} ` +
        `redirects to ${
          target === null ? "another place" : shortened(target.origin + target.pathname)
        }`,
    );
  }

  #silence({ action }: Request, cause: unknown): PipelineError {
    const refusal = tlsRefusal(cause);
    const [code, reason] = refusal === undefined
      ? ["REGISTRY_UNAVAILABLE" as const, "must answer"]
      : ["REGISTRY_REFUSED" as const, refusal];
    return new PipelineError(code, `Cannot ${action} as ${this.#baseUrl} ${reason}`, { cause });
  }

  #refusal({ action }: Request, answer: Answer): PipelineError {
    const { status, body } = answer;
    const code = codeOf(status, body?.["error_code"]);
    const message = messageOf(answer);
    const words = message ?? "not the answer of a schema registry";
    const isLogin = status === 401 || status === forbidden;
    const isPlace = code === "REGISTRY_REFUSED" && (message === undefined || status === 404);
    const remedy = isLogin ? loginRemedy : isPlace ? placeRemedy : "";
    return new PipelineError(
      code,
      `Cannot ${action} as ${this.#baseUrl} must accept it: ${status} ${words}${remedy}`,
      { context: { status } },
    );
  }
}

function overHttp(authorities: string | undefined): Send {
  const options = authorities === undefined ? {} : { caCerts: [authorities] };
  return async (url, init) => {
    // Requests are few, so that each may have connections of its own, and leaves none behind.
    using client = Deno.createHttpClient(options);
    const response = await fetch(url, { ...init, client, redirect: "manual" });
    return {
      status: response.status,
      location: response.headers.get("location"),
      text: await boundedText(response, answerCharsMax),
    };
  };
}

/** What the registry says, if anything; it may be anything. */
function messageOf({ body }: Answer): string | undefined {
  const message = body?.["message"];
  return typeof message === "string" ? shortened(message) : undefined;
}

function shortened(text: string): string {
  return text.length > saidCharsMax ? `${text.slice(0, saidCharsMax)}…` : text;
}

function codeOf(status: number, errorCode: unknown): ErrorCode {
  if (status === 404 && errorCode === schemaNotFound) return "SCHEMA_UNKNOWN";
  const passing = status === 408 || status === 429 || status >= 500;
  return passing ? "REGISTRY_UNAVAILABLE" : "REGISTRY_REFUSED";
}

function credentialsIn(url: URL): HttpSchemaRegistryOptions["credentials"] {
  if (url.username === "") return undefined;
  const password = new Secret(decodeURIComponent(url.password));
  return { user: decodeURIComponent(url.username), password };
}

function authorization(
  credentials: HttpSchemaRegistryOptions["credentials"],
): Readonly<Record<string, string>> {
  if (credentials === undefined) return {};
  const pair = new TextEncoder().encode(`${credentials.user}:${credentials.password.reveal()}`);
  return { authorization: `Basic ${btoa(String.fromCharCode(...pair))}` };
}

function parseObject(text: string): Answer["body"] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
