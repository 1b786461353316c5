// The identities that must not be mixed. Each brand is made in one place: where the value is checked.

/** Identifier given by a remote system; opaque, compared byte for byte. Source: the connector. */
export type RemoteId = string & { readonly brand: "RemoteId" };

/** Identifier of a link in the state database; opaque text. Source: the store. */
export type LinkId = string & { readonly brand: "LinkId" };

/** Identifier of a run, `r_` and 26 characters that sort by time of start. Source: the Ids port. */
export type RunId = string & { readonly brand: "RunId" };

/** Milliseconds since 1970-01-01T00:00:00Z. Source: the Clock port, or a remote system's own clock where the name says so. */
export type Instant = number & { readonly brand: "Instant" };

export type Side = "left" | "right";

export const SIDES = ["left", "right"] as const satisfies readonly Side[];

export function otherSide(side: Side): Side {
  return side === "left" ? "right" : "left";
}

/** One value for each side of a pair. */
export interface BySide<T> {
  readonly left: T;
  readonly right: T;
}

/** No system's ids come near; beyond some 2,600 bytes an index of Postgres refuses the row. */
const ID_LENGTH_MAX = 600;

/** A remote id is a non-empty string of at most 600 characters; numbers are taken by their exact digits. Null when it is neither. */
export function remoteId(value: unknown): RemoteId | null {
  if (typeof value === "string" && value !== "" && value.length <= ID_LENGTH_MAX) return value as RemoteId;
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value) as RemoteId;
  if (typeof value === "object" && value !== null && "digits" in value && typeof value.digits === "string") {
    return value.digits as RemoteId;
  }
  return null;
}

/** Ends a `switch` over a union: a new kind that nobody handles fails to compile. */
export function unreachable(value: never): never {
  throw new Error(`cannot happen: ${JSON.stringify(value)}`);
}
