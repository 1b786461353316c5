// The network address that is connected to where no HTTP client looks after it: the name is resolved once, every address it has
// is judged, and one of them is used. A second look-up could answer otherwise.

import { lookup } from "node:dns";
import { isIP } from "node:net";
import { mayReach } from "./address.ts";
import type { Resolve } from "./http.ts";

export type CheckedAddress =
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly code: "E_SSRF_BLOCKED" | "E_DNS"; readonly message: string };

export async function checkedAddress(
  host: string,
  { allowPrivate, resolve }: { readonly allowPrivate: boolean; readonly resolve?: Resolve | undefined },
): Promise<CheckedAddress> {
  const found = isIP(host) === 0 ? await addressesOf(host, resolve) : [host];
  const [address] = found;
  if (address === undefined) return { ok: false, code: "E_DNS", message: `${host} has no address` };
  if (found.every((each) => mayReach(each, allowPrivate))) return { ok: true, address };
  const allowed = allowPrivate
    ? "link-local, metadata and reserved addresses are never reached"
    : "a private system in the house needs allow_private: true";
  return { ok: false, code: "E_SSRF_BLOCKED", message: `${host} is not a public address; ${allowed}` };
}

function addressesOf(host: string, resolve: Resolve | undefined): Promise<readonly string[]> {
  return new Promise((done) => {
    const answer: Parameters<Resolve>[1] = (error, addresses) => {
      done(error === null ? addresses.map((each) => each.address) : []);
    };
    if (resolve === undefined) {
      lookup(host, { all: true }, (error, addresses) => {
        answer(error, error === null ? addresses : []);
      });
    } else resolve(host, answer);
  });
}
