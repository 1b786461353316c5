// One object's files as they are now: which of them are complete, and what stands in them.

import type { Clock, Log } from "../../clock.ts";
import { NotReady } from "./failure.ts";
import { FolderFault, type Folder, type FolderEntry } from "./folder.ts";
import { compareNames } from "./glob.ts";
import { decodeText, type FileEncoding } from "./encoding.ts";
import type { FilesPlan } from "./plan.ts";
import type { Piece } from "./refusal.ts";
import { declaredEncoding } from "./xml.ts";

export interface Place {
  readonly plan: FilesPlan;
  readonly folder: Folder;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Since when a file has looked as it does, for `settled`. */
  readonly watched: Map<string, { readonly identity: string; readonly sinceMs: number }>;
}

/** Files that the object's records are in, in the order in which they are read. */
export interface Present {
  readonly entries: readonly FolderEntry[];
  /** Those that a newer snapshot replaced. */
  readonly replaced: readonly FolderEntry[];
}

/** @throws NotReady, FolderFault */
export async function presentFiles(place: Place): Promise<Present> {
  const { plan, folder } = place;
  const all = await folder.list();
  const matching = all.filter((entry) => plan.matches(entry.name) && !isMarker(plan, entry.name));
  if (plan.means === "changes") {
    const archived = plan.moveTo === null ? [] : await archiveOf(place);
    const waiting = matching.toSorted((a, b) => compareNames(a.name, b.name));
    const ready: FolderEntry[] = [];
    // What comes after a file that is not complete is read after it.
    for (const entry of waiting) {
      if ((await unready(place, entry, all)) !== null) break;
      ready.push(entry);
    }
    return { entries: [...archived, ...ready], replaced: [] };
  }
  const byAge = matching.toSorted((a, b) => a.modifiedMs - b.modifiedMs || compareNames(a.name, b.name));
  const entries = plan.take === "all" ? byAge.toSorted((a, b) => compareNames(a.name, b.name)) : byAge.slice(-1);
  for (const entry of entries) {
    // An older file would show edits undone: the newest one is waited for.
    const why = await unready(place, entry, all);
    if (why !== null) throw new NotReady(why);
  }
  return { entries, replaced: plan.take === "all" ? [] : byAge.slice(0, -1) };
}

async function archiveOf({ plan, folder }: Place): Promise<readonly FolderEntry[]> {
  const below = plan.moveTo ?? "";
  try {
    const found = await folder.list(below);
    const bare = (name: string): string => name.slice(name.lastIndexOf("/") + 1);
    return found
      .filter((entry) => plan.matches(bare(entry.name)) && !isMarker(plan, bare(entry.name)))
      .toSorted((a, b) => compareNames(bare(a.name), bare(b.name)));
  } catch (error) {
    if (error instanceof FolderFault && error.reason === "missing") return [];
    throw error;
  }
}

function isMarker(plan: FilesPlan, name: string): boolean {
  return (
    plan.marker !== null &&
    (name === plan.marker || (plan.marker.startsWith("*") && name.endsWith(plan.marker.slice(1))))
  );
}

/** Names that the marker of a file may have. */
export function markerNames(marker: string, name: string): readonly string[] {
  const dot = name.lastIndexOf(".");
  const bare = dot > 0 ? name.slice(0, dot) : name;
  return [...new Set([marker.replace("*", bare), marker.replace("*", name)])];
}

/** Why the file cannot be read yet; null: it can. */
export async function unready(place: Place, entry: FolderEntry, all: readonly FolderEntry[]): Promise<string | null> {
  const { plan, clock, folder, watched } = place;
  if (plan.marker !== null) {
    const names = markerNames(plan.marker, entry.name);
    if (!all.some((each) => names.includes(each.name)))
      return `${entry.name} waits for its marker ${names.join(" or ")}`;
  }
  if (plan.settledMs === null) return null;
  let known = watched.get(entry.name);
  if (known?.identity !== entry.identity) {
    known = { identity: entry.identity, sinceMs: clock.now() };
    watched.set(entry.name, known);
  }
  const restMs = known.sinceMs + plan.settledMs - clock.now();
  if (restMs <= 0) return null;
  await clock.sleep(restMs, place.signal);
  const now = await folder.entry(entry.name);
  if (now?.identity === entry.identity) return null;
  if (now !== null) watched.set(entry.name, { identity: now.identity, sinceMs: clock.now() });
  return `${entry.name} is still being written`;
}

/** Reads a file whole. @throws NotReady when it was written to meanwhile; FileRefusal, FolderFault */
export async function* readPieces(
  place: Place,
  name: string,
  told: (file: { readonly entry: FolderEntry; readonly encoding: FileEncoding }) => void = () => undefined,
): AsyncGenerator<Piece> {
  const { plan, folder } = place;
  const reading = await folder.open(name);
  try {
    const declared = (first: Buffer): string | null => plan.encoding ?? (plan.isXml ? declaredEncoding(first) : null);
    const texts = decodeText(reading.chunks(), declared, (encoding) => {
      told({ entry: reading.entry, encoding });
    });
    let tail: Piece | null = null;
    for await (const piece of plan.format.read(texts)) {
      if (piece.kind === "tail") tail = piece;
      else yield piece;
    }
    const now = await reading.again();
    if (now.identity !== reading.entry.identity) throw new NotReady(`${name} was written to while it was read`);
    if (tail !== null) yield tail;
  } finally {
    await reading.close();
  }
}

/** Files that are done with go to their folder. What cannot be moved stays, and is told. */
export async function moveAway(place: Place, entries: readonly FolderEntry[]): Promise<void> {
  const { plan, folder } = place;
  if (plan.moveTo === null || entries.length === 0) return;
  try {
    await folder.makeFolder(plan.moveTo);
    for (const { name } of entries) {
      await folder.rename(name, `${plan.moveTo}/${name}`);
      for (const marker of plan.marker?.includes("*") === true ? markerNames(plan.marker, name) : []) {
        if ((await folder.entry(marker)) !== null) await folder.rename(marker, `${plan.moveTo}/${marker}`);
      }
    }
  } catch (error) {
    if (!(error instanceof FolderFault)) throw error;
    place.log.warn("a file that was read could not be moved away", {
      object: plan.name,
      code: error.code,
      message: error.message,
    });
  }
}
