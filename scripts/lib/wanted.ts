import { printError } from "./print.ts";

/** What a command line asks for; where it cannot be read, says why and ends with exit code 2. */
export function wantedOrExit<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    printError(error.message);
    return Deno.exit(2);
  }
}
