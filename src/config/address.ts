// Where a listener listens: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`. Port 0 lets the machine choose one.

import { isIP } from "node:net";

import { problem, type KeyPath, type Problem } from "../core/problem.ts";

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /** Only this machine can reach it. */
  readonly loopback: boolean;
}

const HOST_AND_PORT = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/;

export function readAddress(
  text: string,
  path: KeyPath,
): { readonly address: ListenAddress | null; readonly problems: readonly Problem[] } {
  const [, bracketed, plain, digits] = HOST_AND_PORT.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || (bracketed !== undefined && isIP(bracketed) !== 6)) {
    const expected = "an address and a port, such as 127.0.0.1:8080 or [::1]:8080";
    return { address: null, problems: [problem("E_TYPE", path, "this is not an address to listen at", { expected })] };
  }
  if (port > 65_535) {
    const message = `there is no port ${String(port)}`;
    return { address: null, problems: [problem("E_RANGE", path, message, { expected: "0 to 65535" })] };
  }
  return { address: { host, port, loopback: isLoopback(host) }, problems: [] };
}

function isLoopback(host: string): boolean {
  if (host.toLowerCase() === "localhost") return true;
  return host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
