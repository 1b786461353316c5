// The network address that is connected to: the name is resolved once, every address it has is judged, and the first of them is
// the one used. A second look-up by a driver could answer otherwise.

import { lookup } from "node:dns";
import { isIP } from "node:net";
import { mayReach } from "../../address.ts";
import type { Account } from "../../account.ts";
import { fault, ran, type Ran } from "./fault.ts";

export function checkedAddress(
  host: string,
  { allowPrivate, resolve }: Pick<Account, "allowPrivate" | "resolve">,
): Promise<Ran<string>> {
  const blocked = (): Ran<string> =>
    fault(
      "unreachable",
      "E_SSRF_BLOCKED",
      `${host} is not a public address; ${allowPrivate ? "link-local, metadata and reserved addresses are never reached" : "a private system in the house needs allow_private: true"}`,
    );
  if (isIP(host) !== 0) return Promise.resolve(mayReach(host, allowPrivate) ? ran(host) : blocked());
  return new Promise((done) => {
    const answer = (error: Error | null, addresses: readonly { readonly address: string }[]): void => {
      const [first] = addresses;
      if (error !== null || first === undefined) done(fault("unreachable", "E_DNS", `${host} has no address`));
      else if (addresses.some(({ address }) => !mayReach(address, allowPrivate))) done(blocked());
      else done(ran(first.address));
    };
    if (resolve !== undefined) resolve(host, answer);
    else
      lookup(host, { all: true }, (error, addresses) => {
        answer(error, error === null ? addresses : []);
      });
  });
}
