import type { Addresses } from "../streams/ports.ts";

const everyInterface: ReadonlySet<string> = new Set(["0.0.0.0", "::", "[::]"]);

/** Settings that say where an instance is reached. */
export interface AddressSettings {
  readonly httpAdvertisedUrl: string | undefined;
  readonly httpPeerUrl: string | undefined;
  readonly httpHost: string;
}

/**
 * The addresses that an instance reports to the others. No address for clients where it listens
 * everywhere and no name is set: a client would be sent to its own machine.
 *
 * @param server Where a browser on this machine finds it, and the name of this run.
 */
export function ownAddresses(
  settings: AddressSettings,
  { url, run }: { readonly url: string; readonly run: string },
): Addresses {
  const { httpAdvertisedUrl, httpPeerUrl, httpHost } = settings;
  const bound = everyInterface.has(httpHost) ? undefined : new URL(url).origin;
  const address = httpAdvertisedUrl ?? bound;
  return {
    ...(address === undefined ? {} : { address }),
    ...(httpPeerUrl === undefined ? {} : { peer: httpPeerUrl }),
    run,
  };
}

/** What to tell an operator where the others cannot reach an instance; `undefined` if they can. */
export function reachWarning({ address, peer }: Addresses): string | undefined {
  if (address !== undefined || peer !== undefined) return undefined;
  return "Other instances cannot ask this one, as it listens everywhere and has no name: their " +
    "pages lack its symbols; with more than one instance set HTTP_ADVERTISED_URL or HTTP_PEER_URL";
}
