import { createPrivateKey, X509Certificate } from "node:crypto";
import type { HttpConfig } from "../app/http_settings.ts";
import type { MainContext } from "../app/lifecycle.ts";
import { configInvalid } from "../app/read_config.ts";
import type { Clock } from "../base/clock.ts";
import { Secret } from "../base/secret.ts";
import type { ServerTls } from "../http/exchange/listen.ts";

/** What the files of the HTTP settings hold. */
export interface HttpFiles {
  /** What clients must show; shared by the instances of an application. */
  readonly token: Secret | undefined;
  readonly tls: ServerTls | undefined;
}

/** What RFC 6750 allows, long enough that it cannot be guessed. */
const tokenForm = /^[\w.~+/=-]{16,256}$/;

/**
 * Reads the files of the HTTP settings.
 *
 * @throws {PipelineError} `CONFIG_INVALID` that lists every file that cannot be used.
 */
export async function readHttpFiles(
  program: string,
  config: HttpConfig,
  { clock, hide }: Pick<MainContext, "clock" | "hide">,
): Promise<HttpFiles> {
  const files = new Files(config);
  const text = await files.token();
  const tls = await files.tls(clock.nowMs());
  if (files.problems.length > 0) throw configInvalid(program, files.problems);
  if (text === undefined) return { token: undefined, tls };
  const token = new Secret(text);
  hide(token);
  return { token, tls };
}

/** Certificate and key as they are now; fails with what is wrong with them. */
export async function readTls(config: HttpConfig, clock: Clock): Promise<ServerTls | undefined> {
  const files = new Files(config);
  const tls = await files.tls(clock.nowMs());
  if (files.problems.length > 0) throw new Error(files.problems.join("; "));
  return tls;
}

class Files {
  readonly problems: string[] = [];
  readonly #config: HttpConfig;

  constructor(config: HttpConfig) {
    this.#config = config;
  }

  async token(): Promise<string | undefined> {
    const { httpTokenFile: file } = this.#config;
    const what = "HTTP_TOKEN_FILE must be a file with a token of 16 to 256 letters, digits and " +
      "-._~+/=";
    const text = await this.#read(file, what);
    if (text === undefined || tokenForm.test(text)) return text;
    this.problems.push(`${what}: "${file}" holds something else`);
    return undefined;
  }

  async tls(nowMs: number): Promise<ServerTls | undefined> {
    const { httpTlsCertFile, httpTlsKeyFile } = this.#config;
    const certWhat = "HTTP_TLS_CERT_FILE must be a PEM file of certificates";
    const keyWhat = "HTTP_TLS_KEY_FILE must be a PEM file of a private key";
    const cert = await this.#read(httpTlsCertFile, certWhat);
    const key = await this.#read(httpTlsKeyFile, keyWhat);
    if (cert === undefined || key === undefined) return undefined;
    const certificate = attempt(() => new X509Certificate(cert));
    const privateKey = attempt(() => createPrivateKey(key));
    if (certificate === undefined) this.problems.push(`${certWhat}: "${httpTlsCertFile}" is none`);
    if (privateKey === undefined) this.problems.push(`${keyWhat}: "${httpTlsKeyFile}" is none`);
    if (certificate === undefined || privateKey === undefined) return undefined;
    const validity = validityProblem(certificate, nowMs);
    if (validity !== undefined) {
      this.problems.push(
        `HTTP_TLS_CERT_FILE must be valid now, or no client connects: "${httpTlsCertFile}" ${validity}`,
      );
    }
    if (!certificate.checkPrivateKey(privateKey)) {
      this.problems.push(
        `HTTP_TLS_KEY_FILE must be the key of HTTP_TLS_CERT_FILE: "${httpTlsKeyFile}" is another's`,
      );
    }
    return { cert, key };
  }

  async #read(file: string | undefined, what: string): Promise<string | undefined> {
    if (file === undefined) return undefined;
    try {
      return (await Deno.readTextFile(file)).trim();
    } catch (error) {
      const problem = error instanceof Deno.errors.NotFound ? "is not there" : "cannot be read";
      this.problems.push(`${what}: "${file}" ${problem}`);
      return undefined;
    }
  }
}

function validityProblem(
  { validFrom, validTo }: X509Certificate,
  nowMs: number,
): string | undefined {
  if (nowMs < Date.parse(validFrom)) return `is valid from ${isoOf(validFrom)}`;
  return nowMs > Date.parse(validTo) ? `expired at ${isoOf(validTo)}` : undefined;
}

function isoOf(time: string): string {
  return new Date(time).toISOString();
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
