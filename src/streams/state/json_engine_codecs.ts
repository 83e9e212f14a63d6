import { json } from "../topology/codecs.ts";
import type { EngineCodecs } from "./state.ts";

/** The engine's own state as JSON. */
export const jsonEngineCodecs: EngineCodecs = { meta: json() };
