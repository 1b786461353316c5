// Items of files as records: decoded, with the hash of the item as their version.

import { createHash } from "node:crypto";
import type { RemoteId } from "../../../core/ids.ts";
import { canonicalText, type Fields } from "../../../core/value.ts";
import type { BrokenItem, RemoteRecord } from "../../contract.ts";
import type { RecordCodec } from "../../record.ts";
import { presentFiles, readPieces, type Place } from "./place.ts";
import type { Piece } from "./refusal.ts";
import { SeenIds } from "./seen-ids.ts";

export type Found =
  | { readonly kind: "record"; readonly record: RemoteRecord; readonly file: string; readonly row: number }
  | { readonly kind: "broken"; readonly broken: BrokenItem };

/** Ids of files of changes that are remembered at a time: about 50 MB. */
const IDS_MAX = 500_000;

/** Ids of a snapshot that are remembered: about 50 MB. A longer one is not checked any further for ids that stand twice. */
const SEEN_MAX = 2_000_000;

/** Begins with a letter, so that it is never taken for a number that grows. */
function versionOf(item: Fields): string {
  return `h${createHash("sha256").update(canonicalText(item)).digest("hex").slice(0, 32)}`;
}

export function recordOf(codec: RecordCodec, item: Fields): ReturnType<RecordCodec["decode"]> {
  const decoded = codec.decode(item);
  return decoded.ok ? { ok: true, record: { ...decoded.record, version: versionOf(item) } } : decoded;
}

export function foundOf(codec: RecordCodec, file: string, piece: Extract<Piece, { kind: "item" | "broken" }>): Found {
  const where = (message: string): string => `${file}, row ${String(piece.row)}: ${message}`;
  if (piece.kind === "broken")
    return { kind: "broken", broken: { id: null, code: piece.code, message: `${file}: ${piece.message}` } };
  const decoded = recordOf(codec, piece.item);
  if (decoded.ok) return { kind: "record", record: decoded.record, file, row: piece.row };
  return { kind: "broken", broken: { ...decoded.broken, message: where(decoded.broken.message) } };
}

/** Everything there is, a record once: of files of changes the last that is said of it. */
export async function* everything(
  place: Place,
  codec: RecordCodec,
  files: readonly string[],
  idsMax = IDS_MAX,
): AsyncGenerator<Found> {
  if (place.plan.means === "changes") yield* lastSaid(place, codec, files, idsMax);
  else yield* onceEach(place, codec, files);
}

async function* rowsIn(place: Place, codec: RecordCodec, file: string): AsyncGenerator<Found> {
  for await (const piece of readPieces(place, file)) {
    if (piece.kind === "item" || piece.kind === "broken") yield foundOf(codec, file, piece);
  }
}

/** An id that stands twice with the same content is one record; with another content nobody can say which is meant. */
async function* onceEach(place: Place, codec: RecordCodec, files: readonly string[]): AsyncGenerator<Found> {
  const seen = new SeenIds(SEEN_MAX);
  for (const file of files) {
    for await (const found of rowsIn(place, codec, file)) {
      if (found.kind === "record") {
        const { id, version } = found.record;
        const content = 1 + Number.parseInt((version ?? "").slice(1, 8), 16);
        const before = seen.seenWith(id, content);
        if (before !== null) {
          if (before === content) continue;
          const message = `${file}, row ${String(found.row)}: this id stands twice, with other values`;
          yield { kind: "broken", broken: { id, code: "E_SCHEMA", message } };
          continue;
        }
      }
      yield found;
    }
  }
}

/**
 * Reads twice: first where the last row of each record stands, then those rows. Where there are more rows than ids can be
 * remembered, the records are gone through in parts, with two readings for each.
 */
async function* lastSaid(
  place: Place,
  codec: RecordCodec,
  files: readonly string[],
  idsMax: number,
): AsyncGenerator<Found> {
  const each = async function* (): AsyncGenerator<{ readonly found: Found; readonly at: number }> {
    let at = 0;
    for (const file of files) for await (const found of rowsIn(place, codec, file)) yield { found, at: (at += 1) };
  };
  /** Where the last row of each record of a part stands. @returns the number of rows when they are too many. */
  const lastRows = async (part: number, parts: number): Promise<ReadonlyMap<string, number> | number> => {
    const last = new Map<string, number>();
    let rows = 0;
    for await (const { found, at } of each()) {
      rows = at;
      if (found.kind !== "record" || partOf(found.record.id, parts) !== part) continue;
      if (parts === 1 && last.size > idsMax) continue;
      // A copy: a slice of the file's text would keep the whole of it in memory.
      last.set(Buffer.from(found.record.id).toString(), at);
    }
    return last.size > idsMax && parts === 1 ? rows : last;
  };
  const first = await lastRows(0, 1);
  // Twice as many as would do, so that a part that is larger than the others still fits.
  const parts = typeof first === "number" ? Math.ceil((2 * first) / idsMax) : 1;
  for (let part = 0; part < parts; part += 1) {
    const last = typeof first === "number" ? await lastRows(part, parts) : first;
    if (typeof last === "number") throw new Error("the rows were counted already");
    for await (const { found, at } of each()) {
      if (found.kind === "broken" ? part === 0 : last.get(found.record.id) === at) yield found;
    }
  }
}

function partOf(id: string, parts: number): number {
  return parts === 1 ? 0 : createHash("sha256").update(id).digest().readUInt32BE(0) % parts;
}

export interface Scanned {
  /** Whoever matches, as last said. */
  readonly records: ReadonlyMap<RemoteId, RemoteRecord>;
  /** A row that could not be read; a record that is not among the others may be in it. Null: there is none. */
  readonly broken: BrokenItem | null;
}

/** One pass over everything for the records that match. */
export async function scan(
  place: Place,
  codec: RecordCodec,
  matches: (record: RemoteRecord) => boolean,
): Promise<Scanned> {
  const records = new Map<RemoteId, RemoteRecord>();
  const twice = new Set<RemoteId>();
  let broken: BrokenItem | null = null;
  const isSnapshot = place.plan.means === "snapshot";
  const { entries } = await presentFiles(place);
  for (const { name } of entries) {
    for await (const found of rowsIn(place, codec, name)) {
      if (found.kind === "broken") {
        broken ??= found.broken;
        continue;
      }
      const { record } = found;
      const before = records.get(record.id);
      if (isSnapshot && before !== undefined && before.version !== record.version) twice.add(record.id);
      if (matches(record)) records.set(record.id, record);
      else if (!isSnapshot) records.delete(record.id);
    }
  }
  for (const id of twice) {
    records.delete(id);
    broken ??= { id, code: "E_SCHEMA", message: "this id stands twice, with other values" };
  }
  return { records, broken };
}
