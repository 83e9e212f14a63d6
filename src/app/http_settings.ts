import { isLoopback } from "../base/loopback.ts";
import { boolean, distinctList, host, nonEmpty } from "./forms.ts";
import { loginContradictions } from "./login.ts";
import type { Setting, SettingsOf } from "./setting.ts";
import { httpHost } from "./settings.ts";

/** Where a program serves HTTP, and to whom. */
export interface HttpConfig {
  readonly httpHost: string;
  /** Names besides those of this machine by which the server is reached. */
  readonly httpAllowedHosts: readonly string[];
  /** Serve without a token although others than this machine reach it. */
  readonly httpOpen: boolean;
  readonly httpTokenFile: string | undefined;
  /** PEM files of the server's certificate, with what leads to its authority, and of its key. */
  readonly httpTlsCertFile: string | undefined;
  readonly httpTlsKeyFile: string | undefined;
}

const allowedHosts: Setting<readonly string[]> = {
  variable: "HTTP_ALLOWED_HOSTS",
  group: "http",
  form: "host[,host…], each once",
  meaning: "further names by which clients reach it; requests for any other name are refused",
  defaultText: "",
  parse: (text) => text === "" ? Object.freeze([]) : distinctList(host)(text),
};

const open: Setting<boolean> = {
  variable: "HTTP_OPEN",
  group: "http",
  form: "true or false",
  meaning: "serve without a token although HTTP_HOST is reached from other machines",
  defaultText: "false",
  parse: boolean,
};

const tokenFile: Setting<string | undefined> = {
  variable: "HTTP_TOKEN_FILE",
  group: "http",
  path: "file",
  form: "a file with a token of 16 to 256 letters, digits and -._~+/=",
  meaning: "the token that clients must show; the same for all instances of an application",
  parse: nonEmpty,
};

const tlsCertFile: Setting<string | undefined> = {
  variable: "HTTP_TLS_CERT_FILE",
  group: "http",
  path: "file",
  form: "a PEM file of certificates",
  meaning: "the server's certificate, for https://; a renewed one counts within a minute",
  parse: nonEmpty,
};

const tlsKeyFile: Setting<string | undefined> = {
  variable: "HTTP_TLS_KEY_FILE",
  group: "http",
  path: "file",
  form: "a PEM file of a private key",
  meaning: "the key of that certificate",
  parse: nonEmpty,
};

/** Shared by the programs that serve HTTP. */
export const httpSettings: SettingsOf<HttpConfig> = {
  httpHost,
  httpAllowedHosts: allowedHosts,
  httpOpen: open,
  httpTokenFile: tokenFile,
  httpTlsCertFile: tlsCertFile,
  httpTlsKeyFile: tlsKeyFile,
};

/** A certificate has its key, and what others reach wants a token unless the operator opens it. */
export function httpContradictions(config: HttpConfig): string[] {
  const problems = loginContradictions({
    HTTP_TLS_CERT_FILE: config.httpTlsCertFile,
    HTTP_TLS_KEY_FILE: config.httpTlsKeyFile,
  });
  const { httpHost, httpOpen, httpTokenFile } = config;
  if (isLoopback(httpHost) || httpTokenFile !== undefined || httpOpen) return problems;
  const problem = `HTTP_TOKEN_FILE must be set with HTTP_HOST=${httpHost}, which other machines ` +
    "reach; HTTP_OPEN=true serves everyone without a token";
  return [...problems, problem];
}
