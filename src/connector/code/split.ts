// The operations of a file that are functions, taken out of it: what is left is for its protocol, which then derives what it can.

import type { ConnectorFile } from "../file.ts";
import type { ObjectPart } from "../file/object.ts";

const OPERATIONS = ["list", "get", "find", "changes", "create", "update", "delete"] as const;
const BATCHES = ["read", "create", "update", "upsert", "delete"] as const;

type CodedOperation = (typeof OPERATIONS)[number];

/** The operations of one object that are functions, and nothing else of it. */
export type CodedPart = Pick<ObjectPart, CodedOperation | "batch">;

export interface SplitFile {
  readonly file: ConnectorFile;
  /** By object; those without any function are left out. */
  readonly coded: ReadonlyMap<string, CodedPart>;
}

export function splitCode(file: ConnectorFile): SplitFile {
  const coded = new Map<string, CodedPart>();
  const objects = Object.entries(file.objects).map(([name, part]): [string, ObjectPart] => {
    const { batch, ...rest } = part;
    const single = OPERATIONS.filter((key) => isCoded(part[key]));
    const many = BATCHES.filter((key) => isCoded(batch?.[key]));
    if (single.length + many.length === 0) return [name, part];
    coded.set(name, {
      ...pick(part, single),
      ...(many.length === 0 ? {} : { batch: pick(batch ?? {}, many) }),
    });
    const left = omit(batch ?? {}, many);
    return [name, { ...omit(rest, single), ...(Object.keys(left).length === 0 ? {} : { batch: left }) }];
  });
  return coded.size === 0 ? { file, coded } : { file: { ...file, objects: Object.fromEntries(objects) }, coded };
}

function isCoded(part: unknown): boolean {
  return typeof part === "object" && part !== null && "code" in part && part.code !== undefined;
}

function pick<T extends object>(from: T, keys: readonly (keyof T)[]): Partial<T> {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as Partial<T>; // keys of T
}

function omit<T extends object>(from: T, keys: readonly (keyof T)[]): T {
  const left = Object.entries(from).filter(([key]) => !keys.some((each) => each === key));
  return Object.fromEntries(left) as T; // the keys left out are optional ones
}
