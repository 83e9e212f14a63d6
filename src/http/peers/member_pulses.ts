import type { Clock } from "../../base/clock.ts";
import { isAborted } from "../../base/errors.ts";
import type { Addresses, MemberWatch } from "../../streams/ports.ts";
import type { PeerAccess } from "./peer_access.ts";
import { beatMs, farewell, greeting } from "./pulse.ts";

/**
 * Silence after which a member counts as dead, in pauses of this process's own: 3 s. A pause of its
 * own, however long, counts as one, so that who was asleep does not take all others for dead.
 */
const silentPausesMax = 3_000 / beatMs;

/** Pause before a connection is made again: to one that lived, and to one never heard of. */
const againMs = 50;
const neverHeardAgainMs = 1_000;

/** Failed attempts in a row after which one that lived counts as dead. */
const refusalsMax = 2;

/** What the watch works with. */
export interface MemberPulsesOptions {
  readonly peers: Pick<PeerAccess, "ask" | "peerOf">;
  readonly clock: Clock;
}

/**
 * Follows the pulses of a group's other members over HTTP (`/api/pulse`).
 *
 * A member is dead when its connection broke without a last word and no new one can be made, or
 * answers for another run of the program; or when it has been silent for 3 s. One that was never
 * heard of under its address is left to the group: the way there may be what is broken. So two
 * members that cannot reach each other do not take each other out again and again.
 *
 * @see Kafka Streams, which has the session's end alone, 45 s by default.
 */
export class MemberPulses implements MemberWatch {
  readonly #options: MemberPulsesOptions;
  readonly #followed = new Map<string, AbortController>();

  constructor(options: MemberPulsesOptions) {
    this.#options = options;
  }

  follow(members: ReadonlyMap<string, Addresses>, onDead: (memberId: string) => void): void {
    for (const [memberId, stop] of this.#followed) {
      if (members.has(memberId)) continue;
      this.#followed.delete(memberId);
      stop.abort();
    }
    for (const [memberId, addresses] of members) {
      const address = this.#options.peers.peerOf(addresses);
      const { run } = addresses;
      if (this.#followed.has(memberId) || address === undefined || run === undefined) continue;
      const stop = new AbortController();
      this.#followed.set(memberId, stop);
      const follower = new PulseFollower({ ...this.#options, address, run, signal: stop.signal });
      void follower.untilDead().then((end) => {
        if (end === "dead") onDead(memberId);
      });
    }
  }
}

/** How a connection to a pulse ended; `silent` where it did not, but nothing came. */
type ConnectionEnd = "refused" | "another" | "broken" | "farewell" | "silent";

interface PulseFollowerOptions extends MemberPulsesOptions {
  readonly address: string;
  readonly run: string;
  readonly signal: AbortSignal;
}

/** Follows one pulse through interruptions. */
class PulseFollower {
  readonly #options: PulseFollowerOptions;
  #heard = false;
  #silentPauses = 0;

  constructor(options: PulseFollowerOptions) {
    this.#options = options;
  }

  /** Until the member is dead, has ended in order, or is no longer to be followed. */
  async untilDead(): Promise<"dead" | "ended"> {
    const { clock, signal } = this.#options;
    try {
      for (let refusals = 0;;) {
        const end = await this.#connection();
        if (end === "farewell" || signal.aborted) return "ended";
        if (end === "broken") refusals = 0;
        else if (this.#heard && (end !== "refused" || ++refusals >= refusalsMax)) return "dead";
        await clock.sleep(this.#heard ? againMs : neverHeardAgainMs, signal);
      }
    } catch (error) {
      if (isAborted(error)) return "ended";
      throw error;
    }
  }

  /** One connection from beginning to end; never throws. */
  async #connection(): Promise<ConnectionEnd> {
    const { peers, address, signal } = this.#options;
    const given = new AbortController();
    const ended = AbortSignal.any([signal, given.signal]);
    try {
      const response = await this.#unlessSilent(peers.ask(`${address}/api/pulse`, ended));
      if (response === "silent") return "silent";
      if (!response.ok || response.body === null) return await this.#refusedBy(response);
      return await this.#read(response.body.pipeThrough(new TextDecoderStream()).getReader());
    } catch {
      return "refused";
    } finally {
      given.abort();
    }
  }

  /** Something answers there: who lived may live on, but has to be heard of again. */
  async #refusedBy(response: Response): Promise<ConnectionEnd> {
    await response.body?.cancel();
    this.#heard = false;
    return "refused";
  }

  async #read(lines: ReadableStreamDefaultReader<string>): Promise<ConnectionEnd> {
    const first = greeting(this.#options.run);
    let told = "";
    try {
      for (;;) {
        const read = await this.#unlessSilent(lines.read());
        if (read === "silent") return "silent";
        if (read.done) return "broken";
        told += read.value;
        if (told.length < first.length) continue;
        if (!told.startsWith(first)) return "another";
        this.#heard = true;
        if (told.endsWith(farewell)) return "farewell";
        told = first;
      }
    } catch {
      return "broken";
    } finally {
      lines.cancel().catch(() => {});
    }
  }

  /** The work's result, unless as many pauses in a row pass before. */
  async #unlessSilent<T>(work: Promise<T>): Promise<T | "silent"> {
    const { clock, signal } = this.#options;
    work.catch(() => {});
    for (;;) {
      const pause = new AbortController();
      const ended = AbortSignal.any([signal, pause.signal]);
      const paused = clock.sleep(beatMs, ended).then(() => "paused" as const);
      const first = await Promise.race([work.then((value) => ({ value })), paused]);
      pause.abort();
      paused.catch(() => {});
      if (first !== "paused") {
        this.#silentPauses = 0;
        return first.value;
      }
      if (++this.#silentPauses < silentPausesMax) continue;
      this.#silentPauses = 0;
      return "silent";
    }
  }
}
