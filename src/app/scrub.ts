import type { Secret } from "../base/secret.ts";

/** Takes secrets out of a text that people or machines will read. */
export type Scrub = (text: string) => string;

/** Shorter ones stand in every other word, and hiding them would hide the words. */
const valueCharsMin = 4;
/** What stands in a secret's place. */
const hidden = "[secret]";

/** `token=KEY`, `"apiKey": "KEY"`, `password: KEY`, in URLs, headers and objects. */
const named =
  /((?:token|secret|pass(?:word|wd|phrase)?|api[-_]?key|credentials?)\\?["']?\s*(?:=|:|%3D)\s*\\?["']?)(?!\[secret\])[^\s&"'\\,;)}\]]+/gi;
/** `Authorization: Bearer KEY`, `Basic dXNlcjpwYXNz`. */
const authorization = /\b((?:Bearer|Basic)\s+)(?!\[secret\])[\w.~+/=-]{6,}/gi;
/** `scheme://user:password@`. */
const urlPassword = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*:)[^\s/@"']+(?=@)/gi;

/**
 * Makes what takes secrets out of texts: these values, in every shape in which libraries and servers
 * repeat them (URLs, JSON, Base64), and whatever else stands where secrets stand.
 *
 * The second line of defence: secrets are `Secret` objects and do not reach texts. It is for what
 * users, libraries and servers put together themselves.
 */
export function scrubber(secrets: readonly Secret[] = []): Scrub {
  const shapes = [...new Set(secrets.flatMap((secret) => shapesOf(secret.reveal())))]
    .filter((shape) => shape.length >= valueCharsMin)
    .sort((a, b) => b.length - a.length); // the whole before its parts
  const values = shapes.length === 0
    ? undefined
    : new RegExp(shapes.map((shape) => RegExp.escape(shape)).join("|"), "gi");
  return (text) => {
    const known = values === undefined ? text : text.replace(values, hidden);
    return known.replace(named, `$1${hidden}`).replace(authorization, `$1${hidden}`)
      .replace(urlPassword, `$1${hidden}`);
  };
}

function shapesOf(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  return [
    value,
    json,
    JSON.stringify(json).slice(1, -1), // an error that holds an object as text
    encodeURIComponent(value),
    new URLSearchParams({ "": value }).toString().slice(1),
    ...base64Of(value),
  ];
}

/** The part that every Base64 text with the value in it shares, for each of three beginnings. */
function base64Of(value: string): string[] {
  const bytes = new TextEncoder().encode(value);
  return [0, 1, 2].flatMap((before) => {
    const shifted = new Uint8Array([...new Uint8Array(before), ...bytes]);
    const whole = [shifted.toBase64(), shifted.toBase64({ alphabet: "base64url" })];
    const range = [Math.ceil(before * 8 / 6), Math.floor(shifted.length * 8 / 6)] as const;
    return whole.map((text) => text.slice(...range));
  });
}
