/** The one decoder, as part of the engine: jobs and adapters take their keys and names from here. */
export { decodeText, encodeText, isTextOf, textOf } from "../base/text.ts";
