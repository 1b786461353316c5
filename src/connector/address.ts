// Which network addresses a connector may reach. Decided on the address itself, never on the name: a name can lie.
//
//   public unicast                         always
//   loopback, private, unique local, CGNAT  only with allow_private (an ERP in the house)
//   link-local, cloud metadata, multicast, broadcast, unspecified, reserved, tunnels   never

import ipaddr from "ipaddr.js";

export type AddressVerdict = "public" | "private" | "forbidden";

const PRIVATE = new Set(["loopback", "private", "uniqueLocal", "carrierGradeNat"]);

/** Metadata services of clouds that lie outside the link-local range. */
const METADATA = new Set(["100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254", "168.63.129.16"]);

export function judgeAddress(text: string): AddressVerdict {
  // A zone (`fe80::1%eth0`) only exists on link-local addresses.
  if (text.includes("%") || !ipaddr.isValid(text)) return "forbidden";
  let address = ipaddr.parse(text);
  if (address instanceof ipaddr.IPv6) {
    if (address.isIPv4MappedAddress()) address = address.toIPv4Address();
    // NAT64 carries an IPv4 address in its last four bytes.
    else if (address.range() === "rfc6052") address = ipaddr.fromByteArray(address.toByteArray().slice(12));
  }
  if (METADATA.has(address.toString())) return "forbidden";
  const range = address.range();
  if (range === "unicast") return "public";
  return PRIVATE.has(range) ? "private" : "forbidden";
}

export function mayReach(text: string, allowPrivate: boolean): boolean {
  const verdict = judgeAddress(text);
  return verdict === "public" || (verdict === "private" && allowPrivate);
}
