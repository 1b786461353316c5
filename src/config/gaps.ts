// What the systems of a pair cannot do and what follows from it: capability gaps. They are told by `check` and `plan`, and
// are no errors.

import type { Connector } from "../connector/compile.ts";
import type { Mapping } from "../mapping/mapping.ts";
import { SIDES } from "../core/ids.ts";

export interface Gap {
  readonly pair: string;
  readonly entity: string;
  /** The file's name of the side. */
  readonly side: string;
  readonly system: string;
  readonly object: string;
  /** `no-changes`, `no-delete`, `update-unguarded` … */
  readonly code: string;
  readonly message: string;
}

/** Gaps that are only felt where this operation is allowed. */
const FELT_BY: Readonly<Record<string, "create" | "update" | "delete">> = {
  "no-find": "create",
  "create-unverifiable": "create",
  "update-unguarded": "update",
  "delete-unguarded": "delete",
};

/** Gaps that are only felt on a side that is written at all. */
const OF_WRITTEN_SIDES = new Set(["no-create", "no-update", "no-delete"]);

/** @param connectorOf The connector of a system; null: not known. */
export function gapsOf(mapping: Mapping, connectorOf: (system: string) => Connector | null): readonly Gap[] {
  return mapping.entities.flatMap((entity) =>
    SIDES.flatMap((side) => {
      const { name, system } = mapping.sides[side];
      const allowed = entity.policy.allow[side];
      const isFelt = (code: string): boolean => {
        const operation = FELT_BY[code];
        if (operation !== undefined) return allowed.includes(operation);
        return allowed.length > 0 || !OF_WRITTEN_SIDES.has(code);
      };
      return (connectorOf(system)?.gaps ?? [])
        .filter(({ object, code }) => object === entity.objects[side] && isFelt(code))
        .map(({ object, code, message }) => ({
          pair: mapping.pair,
          entity: entity.policy.name,
          side: name,
          system,
          object,
          code,
          message,
        }));
    }),
  );
}
