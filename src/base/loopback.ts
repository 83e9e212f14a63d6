/**
 * True for a host that only programs of this machine reach: `localhost` and names below it,
 * 127.0.0.0/8, `::1` with or without brackets.
 *
 * @see RFC 6761 §6.3, RFC 1122 §3.2.1.3
 */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === "localhost" || name.endsWith(".localhost") || name === "::1" ||
    name === "[::1]" || /^127(\.\d{1,3}){3}$/.test(name);
}
