import type { HttpConfig } from "../app/http_settings.ts";
import { configInvalid } from "../app/read_config.ts";
import { Secret } from "../base/secret.ts";

/** What a server shows its clients, as PEM texts. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** What the files of the HTTP settings hold. */
export interface HttpFiles {
  /** What clients must show; shared by the instances of an application. */
  readonly token: Secret | undefined;
  readonly tls: TlsFiles | undefined;
}

/** What RFC 6750 allows, long enough that it cannot be guessed. */
const tokenForm = /^[\w.~+/=-]{16,256}$/;

/**
 * Reads the files of the HTTP settings.
 *
 * @throws {PipelineError} `CONFIG_INVALID` that lists every file that cannot be used.
 */
export async function readHttpFiles(program: string, config: HttpConfig): Promise<HttpFiles> {
  const problems: string[] = [];
  const read = async (variable: string, file: string | undefined, form: RegExp, what: string) => {
    if (file === undefined) return undefined;
    const found = await readFile(file);
    if (found.text !== undefined && form.test(found.text)) return found.text;
    problems.push(`${variable} must be ${what}: "${file}" ${found.problem ?? "holds none"}`);
    return undefined;
  };
  const token = await read(
    "HTTP_TOKEN_FILE",
    config.httpTokenFile,
    tokenForm,
    "a file with a token of 16 to 256 letters, digits and -._~+/=",
  );
  const cert = await read(
    "HTTP_TLS_CERT_FILE",
    config.httpTlsCertFile,
    /-----BEGIN CERTIFICATE-----/,
    "a PEM file of certificates",
  );
  const key = await read(
    "HTTP_TLS_KEY_FILE",
    config.httpTlsKeyFile,
    /-----BEGIN (\w+ )?PRIVATE KEY-----/,
    "a PEM file of a private key",
  );
  if (problems.length > 0) throw configInvalid(program, problems);
  return {
    token: token === undefined ? undefined : new Secret(token),
    tls: cert === undefined || key === undefined ? undefined : { cert, key },
  };
}

async function readFile(
  file: string,
): Promise<{ readonly text?: string; readonly problem?: string }> {
  try {
    return { text: (await Deno.readTextFile(file)).trim() };
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    return { problem: isMissing ? "is not there" : "cannot be read" };
  }
}
