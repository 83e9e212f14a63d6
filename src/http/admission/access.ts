import { createHmac } from "node:crypto";
import { isLoopback } from "../../base/loopback.ts";
import { isSameText } from "../../base/same_text.ts";
import type { Secret } from "../../base/secret.ts";
import { bareAddress } from "./fair_places.ts";

/** Holds the page's session. Cookies do not know ports: programs of one host share it. */
const cookieName = "market_session";

/** Whom a server answers. */
export interface AccessOptions {
  /** Names by which clients reach it, besides those of this machine and its own addresses. */
  readonly hosts?: readonly string[];
  /** What clients must show; anyone may read without it. */
  readonly token?: Secret | undefined;
  /** Whether another instance asks, which proves that it has the token without sending it. */
  readonly isMember?: (request: Request) => boolean;
}

/**
 * Decides whom a server answers: requests for one of its names, from clients that show the token.
 *
 * The names keep out web pages whose own name an attacker lets point to this machine (DNS
 * rebinding). A program shows the token as `Authorization: Bearer`, a browser a cookie that it gets
 * for the token; that cookie is a function of the token, so it counts as long as the token does, at
 * every instance that has the same.
 */
export class Access {
  readonly #hosts: ReadonlySet<string>;
  readonly #token: string | undefined;
  /** Whether another instance asks: what it asks for is what its own clients may. */
  readonly isMember: (request: Request) => boolean;

  constructor({ hosts = [], token, isMember = () => false }: AccessOptions = {}) {
    this.isMember = isMember;
    this.#hosts = new Set(hosts.map((host) => host.toLowerCase()));
    this.#token = token?.reveal();
  }

  /**
   * True for a name by which this server may be asked.
   *
   * @param hostname As `URL` writes it.
   * @param ownAddress Address of this machine at which the client reached it.
   */
  serves(hostname: string, ownAddress: string): boolean {
    return isLoopback(hostname) || this.#hosts.has(hostname) ||
      bareAddress(hostname) === bareAddress(ownAddress);
  }

  /** True for a request with the token, its proof or the page's cookie, and without a token. */
  admits(request: Request): boolean {
    if (this.#token === undefined || this.isMember(request)) return true;
    const { headers } = request;
    const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
    if (bearer !== undefined && this.#isToken(bearer)) return true;
    const cookies = headers.get("cookie")?.split(/; */) ?? [];
    return cookies.some((cookie) =>
      cookie.startsWith(`${cookieName}=`) &&
      isSameText(cookie.slice(cookieName.length + 1), this.#session(this.#token ?? ""))
    );
  }

  /**
   * The `set-cookie` of a browser that gave the token; `undefined` for any other text. It ends with
   * the browser, is sent by pages of this site alone, and no script can read it.
   */
  logIn(given: string, isEncrypted: boolean): string | undefined {
    if (this.#token === undefined || !this.#isToken(given)) return undefined;
    const secure = isEncrypted ? "; Secure" : "";
    return `${cookieName}=${
      this.#session(this.#token)
    }; Path=/; HttpOnly; SameSite=Strict${secure}`;
  }

  #isToken(given: string): boolean {
    return this.#token !== undefined && isSameText(given, this.#token);
  }

  #session(token: string): string {
    return createHmac("sha256", token).update("session of the page").digest("base64url");
  }
}
