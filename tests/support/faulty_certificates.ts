import { join } from "node:path";

/** What may be wrong with a server's certificate. */
export const certificateKinds = [
  "good",
  "wrong host",
  "expired",
  "not valid yet",
  "unknown authority",
  "self-signed",
] as const;
export type CertificateKind = typeof certificateKinds[number];

/** What a server shows, as PEM texts. */
export interface ShownCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Certificates of every kind, and the file of the authority that signed what is signed. */
export interface FaultyCertificates {
  readonly authority: string;
  readonly shown: Readonly<Record<CertificateKind, ShownCertificate>>;
}

const here = "subjectAltName=DNS:localhost,IP:127.0.0.1";
const elsewhere = "subjectAltName=DNS:other.example";
const days = { before: "20200101000000Z", past: "20210101000000Z", now: "20240101000000Z" };
const future = { soon: "20900101000000Z", late: "20990101000000Z" };

/** From what name, from when, until when. */
const signed: Readonly<Record<string, readonly [string, string, string]>> = {
  "good": [here, days.now, future.late],
  "wrong host": [elsewhere, days.now, future.late],
  "expired": [here, days.before, days.past],
  "not valid yet": [here, future.soon, future.late],
};

/** OpenSSL 3.0 sets dates by `ca` alone, which keeps an index. */
const authoritySettings = `[ca]
default_ca=any
[any]
new_certs_dir=.
database=index
serial=serial
default_md=sha256
unique_subject=no
policy=names
[names]
commonName=supplied
`;

/** Makes certificates of localhost and 127.0.0.1; the keys never leave the folder. */
export async function makeFaultyCertificates(folder: string): Promise<FaultyCertificates> {
  const openssl = async (...args: string[]) => {
    const command = new Deno.Command("openssl", { args, cwd: folder, stdin: "null" });
    const { success, stderr } = await command.output();
    if (!success) throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
  };
  const write = (file: string, text: string) => Deno.writeTextFile(join(folder, file), text);
  const read = (file: string) => Deno.readTextFile(join(folder, file));
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const selfSigned = (name: string, ...more: string[]) =>
    openssl(
      ...["req", "-x509", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.pem`],
      ...["-days", "2", "-subj", `/CN=${name} of a test`, ...more],
    );
  await selfSigned("authority");
  await selfSigned("stranger");
  await selfSigned("self", "-addext", here);
  await openssl(
    ...["req", ...newKey, "-keyout", "server.key", "-out", "server.request"],
    ...["-subj", "/CN=server of a test"],
  );
  await write("ca.cnf", authoritySettings);
  await write("index", "");
  await write("serial", "01");
  const sign = async (kind: string, by = "authority") => {
    const [names, from, until] = signed[kind] ?? ["", "", ""];
    await write("names", names);
    await openssl(
      ...["ca", "-batch", "-notext", "-config", "ca.cnf", "-in", "server.request"],
      ...["-cert", `${by}.pem`, "-keyfile", `${by}.key`, "-extfile", "names"],
      ...["-startdate", from, "-enddate", until, "-out", "shown.pem"],
    );
    return { cert: await read("shown.pem"), key: await read("server.key") };
  };
  return {
    authority: join(folder, "authority.pem"),
    shown: {
      "good": await sign("good"),
      "wrong host": await sign("wrong host"),
      "expired": await sign("expired"),
      "not valid yet": await sign("not valid yet"),
      "unknown authority": await sign("good", "stranger"),
      "self-signed": { cert: await read("self.pem"), key: await read("self.key") },
    },
  };
}
