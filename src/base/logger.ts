/** Named values of a log line; values are printed as JSON. Never payloads or secrets. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where the parts of the program report; the mains decide what becomes of it. */
export interface Logger {
  /** For developers. */
  debug(message: string, fields?: LogFields): void;
  /** What happened as it should. */
  info(message: string, fields?: LogFields): void;
  /** What an operator should look at. */
  warn(message: string, fields?: LogFields): void;
  /** What an operator has to act on. */
  error(message: string, fields?: LogFields): void;
}

/** Says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
