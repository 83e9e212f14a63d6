/** A host as sockets take it: an IPv6 address has brackets only where a port may follow. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}
