import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Secret } from "../../base/secret.ts";
import { tlsExpected } from "./access.ts";
import {
  type SaslExchange,
  type SaslOptions,
  saslProviders,
  type SocketMaker,
} from "./internals.ts";

/** How a client shows that it knows the password. */
export type SaslMechanism = "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";

/** What the brokers' listener wants. */
export interface KafkaSecurity {
  /** Encryption; the brokers' certificates are checked. */
  readonly tls?: {
    /** PEM of the authorities that count; without it those of the system. */
    readonly authorities?: string;
  };
  /** SASL; without it no one logs in. */
  readonly login?: {
    readonly mechanism: SaslMechanism;
    readonly username: string;
    readonly password: Secret;
  };
}

/** Time without traffic before the system asks whether the other side is there, ms. */
const keepAliveMs = 60_000;

/** Where TLS connects to, by name where the host has one. */
export function tlsTarget(
  host: string,
  port: number,
): { readonly host: string; readonly port: number; readonly servername?: string } {
  return { host, port, ...(isIP(host) === 0 ? { servername: host } : {}) };
}

/**
 * Makes sockets that are as secure as the listener wants. They send at once: a small request behind
 * another one without an answer, as a fetch that waits for records is, would otherwise wait for the
 * broker's delayed acknowledgement, up to 40 ms (RFC 896, RFC 1122 section 4.2.3.2).
 */
export function socketMaker({ tls }: KafkaSecurity): SocketMaker {
  return ({ host, port, onConnect: tell }) => {
    const onConnect = () => {
      const noDelay = true;
      socket.setNoDelay(noDelay);
      tell();
    };
    const socket: Socket = tls === undefined
      ? watchedForTls(connectPlain({ host, port }, onConnect))
      : connectTls({
        ...tlsTarget(host, port),
        ...(tls.authorities === undefined ? {} : { ca: tls.authorities }),
        rejectUnauthorized: true,
      }, onConnect);
    const keepAlive = true;
    socket.setKeepAlive(keepAlive, keepAliveMs);
    return socket;
  };
}

/**
 * Ends a plain connection with a reason when the other side speaks TLS. kafkajs would take the
 * alert, with which a TLS listener answers a plain request, for the length of an answer.
 */
function watchedForTls(socket: Socket): Socket {
  socket.once("data", (chunk: Uint8Array) => {
    if (!isTlsAlert(chunk)) return;
    const reason = new Error("the listener answered with a TLS alert");
    socket.destroy(Object.assign(reason, { code: tlsExpected }));
  });
  return socket;
}

/** @see RFC 8446, section 5.1: content type 21, then the version 3.x. */
function isTlsAlert(bytes: Uint8Array): boolean {
  return bytes[0] === 21 && bytes[1] === 3;
}

/** The login in kafkajs's form; `undefined` for none. */
export function saslOptions({ login }: KafkaSecurity): SaslOptions | undefined {
  if (login === undefined) return undefined;
  const { mechanism, username, password } = login;
  return {
    mechanism,
    authenticationProvider: (context) => {
      let failure: unknown;
      // kafkajs makes the same error of a refusal and of a connection that broke meanwhile.
      const saslAuthenticate = async (exchange: SaslExchange) => {
        try {
          return await context.saslAuthenticate(exchange);
        } catch (error) {
          failure = error;
          throw error;
        }
      };
      const provider = saslProviders[mechanism]({ username, password: password.reveal() });
      const authenticator = provider({ ...context, saslAuthenticate });
      return {
        authenticate: async () => {
          try {
            await authenticator.authenticate();
          } catch (error) {
            throw failure ?? error;
          }
        },
      };
    },
  };
}
