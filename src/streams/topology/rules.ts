import { otherInputs, type Topology, type WithInputs } from "./topology.ts";

/** Version of what the engine makes of its input: raise it with every change of that. */
const engineRevision = 1;

/** The rules by which a job works, as `Rules.text` has them. */
export function rulesOf<A>(
  {
    windows,
    rollUps,
    maxFutureMs,
    agreeingEvents,
    repartition,
    revision,
    source,
    tables = [],
    globals = [],
  }:
    & Pick<
      Topology<never, A, never>,
      "windows" | "rollUps" | "maxFutureMs" | "agreeingEvents" | "repartition" | "revision"
    >
    & WithInputs,
): string {
  const inputs = otherInputs({ source, tables });
  const kept = [windows, ...rollUps.levels].map(({ sizeMs, retentionMs }) => [sizeMs, retentionMs]);
  return JSON.stringify({
    engine: engineRevision,
    job: revision,
    grace: windows.graceMs,
    kept,
    future: maxFutureMs,
    agreeing: agreeingEvents,
    rekeyed: repartition,
    ...(inputs.length === 0 ? {} : { inputs }),
    ...(globals.length === 0 ? {} : { globals: globals.map(({ topic }) => topic) }),
  });
}
