/** Longest origin that is believed, characters: a host has at most 253. */
const originCharsMax = 300;

/** Scheme, a name or an address, and a port, if any. */
const originForm = /^https?:\/\/(?:[a-z0-9_.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/;

/**
 * True for a text that is the origin of an HTTP server and nothing else, exactly as `URL` writes it:
 * scheme, host, and a port where it is not the usual one. What `URL` would read in another way than
 * a person does (a backslash, a user, a number for a host) is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(isHttpOrigin("https://[::1]:8443"));
 * assert.ok(!isHttpOrigin("http://a\\@b"));
 * assert.ok(!isHttpOrigin("http://a/"));
 * ```
 */
export function isHttpOrigin(text: unknown): text is string {
  return typeof text === "string" && text.length <= originCharsMax && originForm.test(text) &&
    URL.parse(text)?.origin === text;
}
