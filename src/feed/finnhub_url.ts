import { PipelineError } from "../base/errors.ts";
import type { Secret } from "../base/secret.ts";

/** Where to connect, and what of it may be shown. */
export interface FinnhubAddress {
  /** With the key in it: for the socket alone, never for a log line or an error. */
  readonly url: string;
  /** Scheme, host and path. */
  readonly shownAs: string;
}

/**
 * Puts the key into the address: appended where the address ends in `token=`, as Finnhub's own
 * examples have it, else as the parameter `token`.
 *
 * @param apiUrl A ws or wss URL such as `wss://ws.finnhub.io?token=`.
 * @throws {PipelineError} `CONFIG_INVALID` if the address is no such URL; names no part of it,
 *   because a key may stand in it.
 */
export function finnhubAddress(apiUrl: string, key: Secret): FinnhubAddress {
  const url = URL.parse(apiUrl);
  if (url === null || !["ws:", "wss:"].includes(url.protocol) || url.hash !== "") {
    throw new PipelineError(
      "CONFIG_INVALID",
      "Cannot connect to the feed as its address must be a ws or wss URL: it is not",
    );
  }
  const shownAs = `${url.protocol}//${url.host}${url.pathname}`;
  const token = encodeURIComponent(key.reveal());
  if (apiUrl.endsWith("token=")) return { url: apiUrl + token, shownAs };
  url.searchParams.set("token", key.reveal());
  return { url: url.href, shownAs };
}
