import { join } from "node:path";

/** Files of an authority and of a server that it vouches for. */
export interface Certificates {
  /** PEM of the authority that signed the server's certificate. */
  readonly authority: string;
  /** PEM of an authority that signed nothing. */
  readonly stranger: string;
  /** PEM of the server's certificate, for `localhost` and 127.0.0.1. */
  readonly certificate: string;
  /** PEM of the server's key. */
  readonly key: string;
  /** PKCS #12 of both, as Java reads them. */
  readonly keystore: string;
}

const days = "2";

/** Makes certificates that live for two days; the keys never leave the folder. */
export async function makeCertificates(folder: string, password: string): Promise<Certificates> {
  const path = (name: string) => join(folder, name);
  await makeAuthority("authority", path);
  await makeAuthority("stranger", path);
  await Deno.writeTextFile(path("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  await openssl(
    "req",
    ...newKey(path("server.key")),
    "-out",
    path("server.request"),
    ...name("server"),
  );
  await openssl(
    ...["x509", "-req", "-in", path("server.request"), "-days", days, "-CAcreateserial"],
    ...["-CA", path("authority.pem"), "-CAkey", path("authority.key")],
    ...["-extfile", path("names"), "-out", path("server.pem")],
  );
  await Deno.writeTextFile(path("password"), password);
  await openssl(
    ...["pkcs12", "-export", "-in", path("server.pem"), "-inkey", path("server.key")],
    ...["-passout", `file:${path("password")}`, "-out", path("server.p12")],
  );
  return {
    authority: path("authority.pem"),
    stranger: path("stranger.pem"),
    certificate: path("server.pem"),
    key: path("server.key"),
    keystore: path("server.p12"),
  };
}

async function makeAuthority(who: string, path: (name: string) => string): Promise<void> {
  const out = ["-out", path(`${who}.pem`), "-days", days];
  await openssl("req", "-x509", ...newKey(path(`${who}.key`)), ...out, ...name(who));
}

function newKey(file: string): string[] {
  return ["-newkey", "rsa:2048", "-nodes", "-keyout", file];
}

function name(who: string): string[] {
  return ["-subj", `/CN=${who} of a test`];
}

async function openssl(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args, stdin: "null" }).output();
  if (!success) throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}
