import { configInvalid } from "../app/read_config.ts";

/** Files of certificates that settings may name. */
export interface AuthorityFiles {
  readonly kafkaCaFile?: string | undefined;
  readonly registryCaFile?: string | undefined;
  readonly cassandraCaFile?: string | undefined;
  readonly httpCaFile?: string | undefined;
}

/** PEM texts of the authorities that a program trusts; the usual ones where there is none. */
export interface Authorities {
  readonly kafka?: string;
  readonly registry?: string;
  readonly cassandra?: string;
  readonly http?: string;
}

/**
 * Reads the files of a program's settings.
 *
 * @throws {PipelineError} `CONFIG_INVALID` that lists every file that cannot be used.
 */
export async function readAuthorities(
  program: string,
  files: AuthorityFiles,
): Promise<Authorities> {
  const problems: string[] = [];
  const read = async (variable: string, file: string | undefined) => {
    if (file === undefined) return undefined;
    const found = await certificatesIn(file);
    if ("text" in found) return found.text;
    problems.push(`${variable} must be a PEM file of certificates: "${file}" ${found.problem}`);
    return undefined;
  };
  const kafka = await read("KAFKA_CA_FILE", files.kafkaCaFile);
  const registry = await read("SCHEMA_REGISTRY_CA_FILE", files.registryCaFile);
  const cassandra = await read("CASSANDRA_CA_FILE", files.cassandraCaFile);
  const http = await read("HTTP_CA_FILE", files.httpCaFile);
  if (problems.length > 0) throw configInvalid(program, problems);
  return {
    ...kafka === undefined ? {} : { kafka },
    ...registry === undefined ? {} : { registry },
    ...cassandra === undefined ? {} : { cassandra },
    ...http === undefined ? {} : { http },
  };
}

async function certificatesIn(
  file: string,
): Promise<{ readonly text: string } | { readonly problem: string }> {
  try {
    const text = await Deno.readTextFile(file);
    return text.includes("-----BEGIN CERTIFICATE-----")
      ? { text }
      : { problem: "holds no certificate" };
  } catch (error) {
    return { problem: error instanceof Deno.errors.NotFound ? "is not there" : "cannot be read" };
  }
}
