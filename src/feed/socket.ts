import type { Message } from "./message.ts";

/** How a connection, or the attempt to make one, came to its end. */
export type SocketEnd =
  /** The server answered the handshake with something other than 101. */
  | { readonly kind: "refused"; readonly status: number; readonly retryAfterMs: number }
  /** There was no answer to the handshake. */
  | { readonly kind: "unreachable"; readonly problem: string }
  /** It was open, and is not any more. */
  | { readonly kind: "closed"; readonly code: number; readonly problem: string };

/** Told what happens on a socket; never after its end. */
export interface SocketListener {
  opened(): void;
  received(message: Message): void;
  /** A ping or a pong of the transport came, which is no message. */
  controlled(): void;
}

/** A WebSocket that exists from the attempt to connect to its end. */
export interface FeedSocket {
  /** Resolves once; never rejects. */
  readonly ended: Promise<SocketEnd>;
  send(text: string): void;
  /** Stops reading, so that the sender has to wait. */
  pause(): void;
  resume(): void;
  /** Says goodbye and waits for the answer. */
  close(): void;
  /** Ends it at once, whatever its state. */
  terminate(): void;
}

/**
 * Begins to connect.
 *
 * @param url May hold a key: not to be shown.
 */
export type OpenSocket = (url: string, listener: SocketListener) => FeedSocket;
