import { type Clock, systemClock } from "../base/clock.ts";
import { describeError, isAborted, PipelineError, type Remedies } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { type Random, systemRandom } from "../base/random.ts";
import { Secret } from "../base/secret.ts";
import { confine, keepFilesPrivate, requireHosts } from "./confine.ts";
import { exitCodeOf, exitCodeOfSignal, exitCodes } from "./exit_code.ts";
import { type Given, givenTexts } from "./given_texts.ts";
import { helpText } from "./help.ts";
import { createLogger } from "./logging.ts";
import type { LogConfig } from "./log_settings.ts";
import { programs } from "./programs.ts";
import { dropNodeWarnings } from "./quiet.ts";
import { readConfig } from "./read_config.ts";
import { scrubber } from "./scrub.ts";
import { secretsInClear } from "./secrets_in_clear.ts";
import { type Program, settingsOf, variablesOf } from "./setting.ts";

/** Longest time between the first signal and the exit, ms. */
export const shutdownMsMax = 10_000;

/**
 * A signal that comes again so soon is the first one passed on, ms: "deno task" hands on the Ctrl-C
 * that the terminal has sent to its program already. A person is slower.
 */
export const echoMs = 300;

/** What a main gets from the machine; nothing below it asks for these itself. */
export interface MainContext {
  /** Fires once, at the first SIGINT or SIGTERM: drain, commit, return. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Keeps a secret out of the log that the settings only lead to, as those of a file. */
  readonly hide: (secret: Secret) => void;
  /** What to do about errors that stop the program. */
  readonly remedies?: Remedies;
}

/** The work of a program; it is over when the promise is. */
export type Main<Config, Loaded = undefined> = (
  config: Readonly<Config>,
  context: MainContext,
  loaded: Loaded,
) => Promise<void>;

/**
 * Runs a program from its command line to its exit.
 *
 * - `--help` prints every setting, exit 0
 * - a wrong setting: one message that lists all of them, exit 2
 * - before main, everything that the settings do not name is given up: see `confine()`; `load` comes
 *   before that, for code that is loaded only then, such as that of threads
 * - SIGINT, SIGTERM: the context's signal fires; exit 0 when main returns. After 10 seconds, or at
 *   a second signal that is not the echo of the first, the program ends where it is
 * - a fault of the world (`PipelineError`): one message, exit 1; a bug: its stack, exit 70
 */
export async function runMain<Config extends LogConfig, Loaded = undefined>(
  program: Program<Config>,
  main: Main<Config, Loaded>,
  load: (config: Readonly<Config>) => Loaded | Promise<Loaded> = () => undefined as Loaded,
): Promise<never> {
  if (Deno.args.includes("--help") || Deno.args.includes("-h")) {
    Deno.stdout.writeSync(new TextEncoder().encode(helpText(program)));
    Deno.exit(exitCodes.ok);
  }
  dropNodeWarnings();
  keepFilesPrivate();
  const { config, notes } = readOrExit(program);
  const secrets = Object.values(config).filter((value) => value instanceof Secret);
  const { logger, hide } = loggerOf(program.name, config, secrets);
  reportStrays(logger);
  for (const note of [...notes, ...secretsInClear(config)]) logger.warn(note);
  const signal = listenToSignals(logger);
  const remedies = program.remedies?.(config);
  const context = { signal, clock: systemClock, random: systemRandom, logger, hide };
  try {
    const loaded = await load(config);
    confine(program, config);
    await main(config, remedies === undefined ? context : { ...context, remedies }, loaded);
    Deno.exit(exitCodes.ok);
  } catch (error) {
    Deno.exit(reported(error, logger, remedies));
  }
}

interface ReadConfig<Config> {
  readonly config: Readonly<Config>;
  /** What the writer of the settings file should know. */
  readonly notes: readonly string[];
}

function readOrExit<Config extends LogConfig>(program: Program<Config>): ReadConfig<Config> {
  let given: Given = { texts: { LOG_FORMAT: Deno.env.get("LOG_FORMAT") }, notes: [] };
  try {
    const known = programs.flatMap((other) => variablesOf(settingsOf(other)));
    given = givenTexts(program.name, variablesOf(settingsOf(program)), known);
    const config = readConfig(program, given.texts, Deno.args);
    requireHosts(program, config);
    return { config, notes: given.notes };
  } catch (error) {
    const help = `"deno task ${program.name} --help" lists all settings`;
    const message = [...given.notes, describeError(error)].join("\n");
    if (given.texts["LOG_FORMAT"] === "json") {
      const { logger } = loggerOf(program.name, { logLevel: "error", logFormat: "json" }, []);
      logger.error(`${message}\n${help}`, { code: "CONFIG_INVALID" });
    } else writeError(`${message}\n\n${help}`);
    return Deno.exit(exitCodeOf(error));
  }
}

function loggerOf(name: string, config: LogConfig, secrets: readonly Secret[]) {
  const known = [...secrets];
  let scrub = scrubber(known);
  const hide = (secret: Secret) => {
    known.push(secret);
    scrub = scrubber(known);
  };
  const terminal = Deno.stderr.isTerminal();
  const output = { write: writeError, terminal, scrub: (text: string) => scrub(text) };
  return { logger: createLogger(name, config, output), hide };
}

/** Windows knows no SIGTERM; closing a console there is SIGBREAK. */
function signals(): readonly ("SIGINT" | "SIGTERM" | "SIGBREAK")[] {
  return Deno.build.os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];
}

function listenToSignals(logger: Logger): AbortSignal {
  const controller = new AbortController();
  let firstAtMs = 0;
  for (const name of signals()) {
    Deno.addSignalListener(name, () => {
      const nowMs = systemClock.monotonicMs();
      if (controller.signal.aborted) {
        if (nowMs - firstAtMs < echoMs) return;
        logger.warn("Ended at once by a second signal", { signal: name });
        Deno.exit(exitCodeOfSignal(name));
      }
      firstAtMs = nowMs;
      logger.info("Shutting down; a second signal ends at once", { signal: name });
      controller.abort();
      exitLater(logger);
    });
  }
  return controller.signal;
}

function exitLater(logger: Logger): void {
  const timer = setTimeout(() => {
    logger.error(`Cannot shut down within ${shutdownMsMax} ms: ended at once`);
    Deno.exit(exitCodes.failed);
  }, shutdownMsMax);
  Deno.unrefTimer(timer);
}

/** An unhandled rejection, or an error in a callback, is a bug: say so and end. */
function reportStrays(logger: Logger): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    if (!isAborted(event.reason)) exitAsBug(event.reason, logger);
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    exitAsBug(event.error, logger);
  });
}

function exitAsBug(error: unknown, logger: Logger): never {
  logger.error("Cannot continue after an unhandled error", { error });
  Deno.exit(exitCodes.bug);
}

function reported(error: unknown, logger: Logger, remedies: Remedies | undefined): number {
  const code = exitCodeOf(error);
  if (code === exitCodes.bug) logger.error("Cannot continue after an unexpected error", { error });
  else if (error instanceof PipelineError && code !== exitCodes.ok) {
    logger.error(describeError(error, remedies), { code: error.code, ...error.context });
  }
  return code;
}

const encoder = new TextEncoder();

/** To standard error, which leaves standard output to results. */
function writeError(line: string): void {
  Deno.stderr.writeSync(encoder.encode(`${line}\n`));
}
