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
