import { createHmac } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { isHttpOrigin } from "../../base/origin.ts";
import { isSameText } from "../../base/same_text.ts";
import type { Secret } from "../../base/secret.ts";
import { certificateFault, certificateProblem } from "../../base/tls_fault.ts";
import type { Addresses } from "../../streams/ports.ts";
import type { Ask } from "../within.ts";

/** Carries the proof of a request between instances, and of its answer. */
export const proofHeader = "instance-proof";

/** How old a proof may be, or how far ahead of the clock here, ms. */
const proofMsMax = 60_000;

const checks = {
  authority: "check HTTP_CA_FILE",
  host: "check HTTP_ADVERTISED_URL and HTTP_PEER_URL of that instance",
};

const unsigned = "its address must be signed with the token of HTTP_TOKEN_FILE: it is not; check " +
  "that all instances have the same";
const unproven =
  "its answer must prove the token of HTTP_TOKEN_FILE: it does not; check that all " +
  "instances have the same, and that their clocks agree";

/** The answer does not come from an instance with the same token. */
class Unproven extends Error {}

/** Addresses of which the log is remembered, at most. */
const namedMax = 1_000;

/** By what instances know each other. */
export interface PeerAccessOptions {
  /** Of one group; the same name and token count for each of its instances. */
  readonly application: string;
  /** Shared by the instances; without it whoever is in the group is believed. */
  readonly token?: Secret | undefined;
  /** Hosts that may be asked; a name that begins with a dot is for all below it. */
  readonly hosts?: readonly string[] | undefined;
  /** The way to another instance. */
  readonly ask: Ask;
  readonly clock: Clock;
  readonly logger?: Logger;
}

/**
 * Which of the addresses in the group's metadata are asked, and how instances prove to each other
 * that they belong together.
 *
 * Whoever may join the group can advertise any address there. With a token each instance signs its
 * own, and what is not signed is asked for nothing. The token itself is never sent: a request
 * carries an HMAC-SHA-256 of host, path, query and time, its answer one of the request's.
 */
export class PeerAccess {
  readonly #options: PeerAccessOptions;
  /** What the log has said of addresses, so that it does so once. */
  readonly #named = new Map<string, string>();

  constructor(options: PeerAccessOptions) {
    this.#options = options;
  }

  /** The addresses of this instance, as others believe them. */
  vouchFor(addresses: Addresses): Addresses {
    const proof = this.#proofOf(addresses);
    return proof === undefined ? addresses : { ...addresses, proof };
  }

  /** Where another instance is asked; `undefined` where it says nothing that can be believed. */
  peerOf(owner: Addresses | undefined): string | undefined {
    const peer = owner?.peer ?? owner?.address;
    if (!isHttpOrigin(peer)) return undefined;
    const isAllowed = this.#isAllowed(new URL(peer).hostname);
    if (isAllowed && proves(owner?.proof, this.#proofOf(owner ?? {}))) return peer;
    this.#name(peer, isAllowed ? unsigned : "HTTP_PEER_HOSTS must list its host");
    return undefined;
  }

  /** Asks another instance; fails where the answer does not come from one. */
  readonly ask: Ask = async (url, signal, headers) => {
    const { origin } = new URL(url);
    try {
      const response = await this.#asked(url, signal, headers);
      this.#named.delete(origin);
      return response;
    } catch (error) {
      const fault = certificateFault(error);
      if (fault !== undefined) {
        this.#name(origin, `its certificate ${certificateProblem(fault, checks)}`);
      } else if (error instanceof Unproven) this.#name(origin, unproven);
      throw error;
    }
  };

  async #asked(...[url, signal, headers = {}]: Parameters<Ask>): Promise<Response> {
    const { host, pathname, search } = new URL(url);
    const now = this.#options.clock.nowMs();
    const mac = this.#mac("request", host, pathname + search, now);
    if (mac === undefined) return await this.#options.ask(url, signal, headers);
    const proof = `${now}.${mac}`;
    const response = await this.#options.ask(url, signal, { ...headers, [proofHeader]: proof });
    const answered = response.headers.get(proofHeader) ?? "";
    if (proves(answered, this.#mac("answer", proof))) return response;
    await response.body?.cancel();
    throw new Unproven();
  }

  /** Says once why an address is not asked, or not believed. */
  #name(address: string, reason: string): void {
    if (this.#named.get(address) === reason) return;
    if (this.#named.size >= namedMax) this.#named.clear();
    this.#named.set(address, reason);
    this.#options.logger?.warn(`Cannot ask another instance as ${reason}`, { address });
  }

  /**
   * The proof with which a request of another instance is answered; `undefined` for requests of
   * anyone else, and where there is no token.
   */
  answerTo(request: Request): string | undefined {
    const proof = request.headers.get(proofHeader);
    const [, time = "", mac = ""] = /^(\d{1,16})\.([\w-]{43})$/.exec(proof ?? "") ?? [];
    if (proof === null || request.method !== "GET") return undefined;
    const isRecent = Math.abs(this.#options.clock.nowMs() - Number(time)) <= proofMsMax;
    const { host = "", pathname = "", search = "" } = URL.parse(request.url) ?? {};
    const expected = this.#mac("request", host, pathname + search, time);
    if (expected === undefined) return undefined;
    return isRecent && proves(mac, expected) ? this.#mac("answer", proof) : undefined;
  }

  #isAllowed(host: string): boolean {
    const { hosts = [] } = this.#options;
    return hosts.length === 0 ||
      hosts.some((name) => name.startsWith(".") ? host.endsWith(name) : host === name);
  }

  #proofOf({ address = "", peer = "", run = "" }: Addresses): string | undefined {
    return this.#mac("addresses", this.#options.application, address, peer, run);
  }

  /** No part may have line breaks: URLs, names of applications and numbers have none. */
  #mac(...parts: readonly (string | number)[]): string | undefined {
    const { token } = this.#options;
    if (token === undefined) return undefined;
    return createHmac("sha256", token.reveal()).update(parts.join("\n")).digest("base64url");
  }
}

/** Takes as long for a proof that is nearly right; without a token there is nothing to prove. */
function proves(given = "", expected = given): boolean {
  return isSameText(given, expected);
}
