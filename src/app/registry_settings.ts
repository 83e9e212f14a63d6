import type { Secret } from "../base/secret.ts";
import { nonEmpty } from "./forms.ts";
import { loginContradictions } from "./login.ts";
import type { Setting, SettingsOf } from "./setting.ts";
import { registryUrl, secretText } from "./settings.ts";

/** Where the schema registry is, and as whom it is used. */
export interface RegistryConfig {
  /** Without a slash at its end. */
  readonly registryUrl: string;
  readonly registryUsername: string | undefined;
  readonly registryPassword: Secret | undefined;
  /** PEM file of authorities to trust besides those of the system. */
  readonly registryCaFile: string | undefined;
}

const username: Setting<string | undefined> = {
  variable: "SCHEMA_REGISTRY_USERNAME",
  group: "registry",
  form: "a user name",
  meaning: "user name for the schema registry (basic authentication)",
  parse: nonEmpty,
};

const password: Setting<Secret | undefined> = {
  ...secretText,
  variable: "SCHEMA_REGISTRY_PASSWORD",
  group: "registry",
  meaning: "that user's password",
};

const caFile: Setting<string | undefined> = {
  variable: "SCHEMA_REGISTRY_CA_FILE",
  group: "registry",
  path: "file",
  form: "a PEM file of certificates",
  meaning: "certificate authorities trusted for the registry, besides the usual ones",
  parse: nonEmpty,
};

/** Shared by the programs that use the schema registry. */
export const registrySettings: SettingsOf<RegistryConfig> = {
  registryUrl,
  registryUsername: username,
  registryPassword: password,
  registryCaFile: caFile,
};

/** A login is complete and not in the URL, which is shown; an authority needs TLS. */
export function registryContradictions(config: RegistryConfig): string[] {
  const problems = loginContradictions({
    SCHEMA_REGISTRY_USERNAME: config.registryUsername,
    SCHEMA_REGISTRY_PASSWORD: config.registryPassword,
  });
  const url = new URL(config.registryUrl);
  if (url.username !== "" || url.password !== "") {
    problems.push(
      "SCHEMA_REGISTRY_URL must be without user and password: SCHEMA_REGISTRY_USERNAME and " +
        "SCHEMA_REGISTRY_PASSWORD are for them",
    );
  }
  if (config.registryCaFile !== undefined && url.protocol !== "https:") {
    problems.push(
      "SCHEMA_REGISTRY_CA_FILE must be absent with a SCHEMA_REGISTRY_URL that is not https://: " +
        "it is given",
    );
  }
  return problems;
}
