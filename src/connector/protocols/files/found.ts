// Items of files as records: decoded, with the hash of the item as their version.

import { createHash } from "node:crypto";
import type { RemoteId } from "../../../core/ids.ts";
import { canonicalText, type Fields } from "../../../core/value.ts";
import type { BrokenItem, RemoteRecord } from "../../contract.ts";
import type { RecordCodec } from "../../record.ts";
import { presentFiles, readPieces, type Place } from "./place.ts";
import type { Piece } from "./refusal.ts";

export type Found =
  | { readonly kind: "record"; readonly record: RemoteRecord; readonly file: string; readonly row: number }
  | { readonly kind: "broken"; readonly broken: BrokenItem };

/** Ids that are remembered to notice one that stands twice: about 50 MB. A longer file is not checked for it any further. */
const IDS_MAX = 500_000;

/** Begins with a letter, so that it is never taken for a number that grows. */
export function versionOf(item: Fields): string {
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
export async function* everything(place: Place, codec: RecordCodec, files: readonly string[]): AsyncGenerator<Found> {
  if (place.plan.means === "changes") yield* lastSaid(place, codec, files);
  else yield* onceEach(place, codec, files);
}

async function* rowsIn(place: Place, codec: RecordCodec, file: string): AsyncGenerator<Found> {
  for await (const piece of readPieces(place, file)) {
    if (piece.kind === "item" || piece.kind === "broken") yield foundOf(codec, file, piece);
  }
}

/** An id that stands twice with the same content is one record; with another content nobody can say which is meant. */
async function* onceEach(place: Place, codec: RecordCodec, files: readonly string[]): AsyncGenerator<Found> {
  const seen = new Map<string, number>();
  for (const file of files) {
    for await (const found of rowsIn(place, codec, file)) {
      if (found.kind === "record") {
        const { id, version } = found.record;
        const content = Number.parseInt((version ?? "").slice(1, 8), 16);
        const before = seen.get(id);
        if (before !== undefined) {
          if (before === content) continue;
          const message = `${file}, row ${String(found.row)}: this id stands twice, with other values`;
          yield { kind: "broken", broken: { id, code: "E_SCHEMA", message } };
          continue;
        }
        // A copy: a slice of the file's text would keep the whole of it in memory.
        if (seen.size < IDS_MAX) seen.set(Buffer.from(id).toString(), content);
      }
      yield found;
    }
  }
}

/** Reads twice: first where the last row of each record stands, then those rows. */
async function* lastSaid(place: Place, codec: RecordCodec, files: readonly string[]): AsyncGenerator<Found> {
  const last = new Map<RemoteId, number>();
  let at = 0;
  for (const file of files) {
    for await (const found of rowsIn(place, codec, file)) {
      at += 1;
      if (found.kind === "record") last.set(found.record.id, at);
    }
  }
  at = 0;
  for (const file of files) {
    for await (const found of rowsIn(place, codec, file)) {
      at += 1;
      if (found.kind === "broken" || last.get(found.record.id) === at) yield found;
    }
  }
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
