import { definitionOf } from "./catalogue.ts";
import { findJava, requireRelease } from "./java.ts";
import { areJarsComplete, requireMaven } from "./maven.ts";
import { PipelineError } from "../../src/base/errors.ts";
import { defaultSettings, type ServicesSettings } from "./settings.ts";

/** Whether services can be started on this machine. */
export type ServiceAvailability =
  | { readonly available: true }
  | { readonly available: false; readonly reason: string };

/** Looks for a Java that fits, and for Maven or finished downloads. */
export async function serviceAvailability(): Promise<ServiceAvailability> {
  try {
    await requireJavaTools(defaultSettings(".services", Deno.env.toObject()));
    return { available: true };
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    return { available: false, reason: error.message };
  }
}

async function requireJavaTools(settings: ServicesSettings): Promise<void> {
  const java = await findJava(settings.javaHome);
  const definitions = settings.services.map((service) => definitionOf(service, settings));
  for (const definition of definitions) requireRelease(definition, java);
  const missing = definitions.some((definition) => !areJarsComplete(definition, settings.cache));
  if (missing) await requireMaven();
}
