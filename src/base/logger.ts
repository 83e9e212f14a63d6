/** Named values of a log line; values are printed as JSON. Never payloads or secrets. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where the parts of the program report; the mains decide what becomes of it. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
