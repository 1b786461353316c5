// Which names and addresses mean this machine, and which names a request may ask for.

import { isIP, isIPv6 } from "node:net";

export function isLoopback(host: string): boolean {
  const plain = host.toLowerCase().replace(/^::ffff:/, "");
  return plain === "localhost" || plain === "::1" || (isIP(plain) === 4 && plain.startsWith("127."));
}

/** The name of a Host header, lower case, without port and brackets; null when it is not one. */
export function hostName(header: string | undefined): string | null {
  const match = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(header ?? "");
  return (match?.[1] ?? match?.[2] ?? null)?.toLowerCase() ?? null;
}

/**
 * A page of another site that points its own name at this machine still says that name in Host. Ports are not compared:
 * behind a tunnel they differ.
 * @param hosts Names allowed beside the loopback ones and the bound one; null with a listener that is not loopback: all.
 */
export function hostCheck(bound: string, hosts: readonly string[] | null): (header: string | undefined) => boolean {
  if (hosts === null && !isLoopback(bound)) return (header) => hostName(header) !== null;
  const allowed = new Set([bound, ...(hosts ?? [])].map((host) => host.toLowerCase()));
  return (header) => {
    const name = hostName(header);
    return name !== null && (isLoopback(name) || allowed.has(name));
  };
}

export function urlOf(host: string, port: number): string {
  return `http://${isIPv6(host) ? `[${host}]` : host}:${String(port)}`;
}
