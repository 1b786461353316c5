// Writing into a snapshot: the file is read once and written anew beside itself, with what is to be changed changed; every
// other row is copied as it stands. Then the new one takes the old one's place in one step.
//
// Nobody can lock such a file. That it is still the one that was read is looked at just before the rename, and if not, all is
// done again; an edit in that last moment is lost, as it is with every program that writes files.

import type { RemoteId } from "../../../core/ids.ts";
import type { Fields } from "../../../core/value.ts";
import { failed } from "../../object-tools.ts";
import type { RecordCodec } from "../../record.ts";
import { encodeText, type FileEncoding } from "./encoding.ts";
import { NotReady } from "./failure.ts";
import type { FolderEntry } from "./folder.ts";
import { recordOf } from "./found.ts";
import {
  duplicateOutcome,
  naturalKeysOf,
  Outcomes,
  showsSent,
  staleOutcome,
  updatedItem,
  written,
  type Operation,
} from "./operation.ts";
import { Output } from "./output.ts";
import { markerNames, readPieces, unready, type Place } from "./place.ts";
import { FileRefusal, type Piece } from "./refusal.ts";

const ATTEMPTS_MAX = 4;

/** What a rewriting of one file came to, before anything of it shows. */
interface Draft {
  readonly outcomes: Outcomes;
  readonly output: Output;
  /** Null: the file was not there. */
  readonly entry: FolderEntry | null;
  readonly changed: boolean;
}

export interface RewriteTools {
  readonly place: Place;
  readonly codec: RecordCodec;
  /** Told when the rename begins: from there on the outcome may be unknown. */
  committing(): void;
}

/** @param creates New records go into this file. @throws NotReady, FolderFault, FileRefusal */
export async function rewriteFile(
  tools: RewriteTools,
  name: string,
  operations: readonly Operation[],
  creates: boolean,
): Promise<Outcomes> {
  const { place } = tools;
  for (let attempt = 1; ; attempt += 1) {
    const draft = await drafted(tools, name, operations, creates);
    if (!draft.changed) {
      await draft.output.discard();
      return draft.outcomes;
    }
    await readyToReplace(place, draft);
    await draft.output.finish();
    const now = await place.folder.entry(name);
    if (now?.identity === draft.entry?.identity) {
      tools.committing();
      // Before the file: after a crash in between a file without its marker would be waited for for ever.
      await ensureMarker(place, name);
      await draft.output.commit();
      return draft.outcomes;
    }
    if (attempt >= ATTEMPTS_MAX) throw new NotReady(`${name} is written to again and again`);
  }
}

async function readyToReplace(place: Place, { entry, output }: Draft): Promise<void> {
  if (entry === null) return;
  const why = await unready(place, entry, place.plan.marker === null ? [] : await place.folder.list());
  if (why === null) return;
  await output.discard();
  throw new NotReady(why);
}

/** Whoever reads what we write waits for its marker as we do for theirs. */
export async function ensureMarker({ plan, folder }: Place, name: string): Promise<void> {
  if (plan.marker === null) return;
  const names = markerNames(plan.marker, name);
  for (const each of names) if ((await folder.entry(each)) !== null) return;
  const writing = await folder.write(names[0] ?? plan.marker);
  await writing.finish();
}

async function drafted(
  tools: RewriteTools,
  name: string,
  operations: readonly Operation[],
  creates: boolean,
): Promise<Draft> {
  const { place } = tools;
  const { plan, folder } = place;
  const entry = await folder.entry(name);
  let encoding: FileEncoding = { name: plan.encoding ?? "utf-8", mark: false };
  let read: FolderEntry | null = null;
  const pieces =
    entry === null
      ? emptyFile(plan)
      : readPieces(place, name, (told) => {
          encoding = told.encoding;
          read = told.entry;
        });
  const outcomes = new Outcomes();
  const writer = new Rewriting(tools, outcomes, operations, creates);
  let output: Output | null = null;
  try {
    for await (const piece of pieces) {
      output ??= new Output(folder, name, encoding);
      await writer.take(piece, output, encoding);
    }
  } catch (error) {
    await output?.discard();
    throw error;
  }
  return { outcomes, output: output ?? new Output(folder, name, encoding), entry: read, changed: writer.changed };
}

function* emptyFile({ format, names }: Place["plan"]): Generator<Piece> {
  const { head, tail } = format.empty(names);
  yield { kind: "head", text: head };
  yield { kind: "tail", text: tail };
}

/** One pass over a file's pieces. */
class Rewriting {
  changed = false;
  readonly #tools: RewriteTools;
  readonly #outcomes: Outcomes;
  readonly #byId = new Map<RemoteId, Operation[]>();
  readonly #byKey = new Map<string, (Operation & { readonly kind: "create" })[]>();
  readonly #creates: readonly (Operation & { readonly kind: "create" })[];
  #head = "";
  #count = 0;

  constructor(tools: RewriteTools, outcomes: Outcomes, operations: readonly Operation[], creates: boolean) {
    this.#tools = tools;
    this.#outcomes = outcomes;
    this.#creates = creates ? operations.filter((each) => each.kind === "create") : [];
    for (const operation of operations) {
      this.#byId.set(operation.id, [...(this.#byId.get(operation.id) ?? []), operation]);
      if (operation.kind !== "create") continue;
      for (const key of operation.keys) this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), operation]);
    }
  }

  async take(piece: Piece, output: Output, encoding: FileEncoding): Promise<void> {
    const { format } = this.#tools.place.plan;
    switch (piece.kind) {
      case "head":
        this.#head = piece.text;
        return output.add(piece.text);
      case "broken":
        return this.#put(piece.text, output);
      case "item":
        return this.#item(piece, output, encoding);
      case "tail":
        for (const create of this.#creates) await this.#append(create, output, encoding);
        return output.add(format.tailFor(piece.text, this.#count));
    }
  }

  async #put(text: string, output: Output): Promise<void> {
    await output.add(this.#tools.place.plan.format.placed(text, this.#count === 0));
    this.#count += 1;
  }

  async #item(piece: Piece & { readonly kind: "item" }, output: Output, encoding: FileEncoding): Promise<void> {
    const { codec, place } = this.#tools;
    const decoded = recordOf(codec, piece.item);
    if (!decoded.ok) return this.#put(piece.text, output);
    const { record } = decoded;
    for (const key of naturalKeysOf(record.fields, place.plan)) {
      for (const create of this.#byKey.get(key) ?? [])
        if (create.id !== record.id) this.#outcomes.set(create, duplicateOutcome(record.id));
    }
    let text = piece.text;
    for (const operation of this.#byId.get(record.id) ?? []) {
      if (operation.kind === "create") {
        const own = showsSent(record, await this.#asRead(operation.item), codec);
        this.#outcomes.set(operation, own ? written(record.id, record.version) : duplicateOutcome(record.id));
        continue;
      }
      if (operation.call.version !== null && operation.call.version !== record.version) {
        this.#outcomes.set(operation, staleOutcome());
        continue;
      }
      if (operation.kind === "delete") {
        this.changed = true;
        this.#outcomes.set(operation, { ok: true, value: null });
        return;
      }
      const next = await this.#text(operation, updatedItem(operation.call, record, codec), encoding);
      if (next === null) continue;
      this.changed ||= next.version !== record.version;
      if (next.version !== record.version) text = next.text;
      this.#outcomes.set(operation, written(record.id, next.version));
    }
    await this.#put(text, output);
  }

  /** What a new item would read as, so that a repeat of a create knows its own work; the item itself where it cannot be written. */
  async #asRead(item: Fields): Promise<Fields> {
    const { format } = this.#tools.place.plan;
    try {
      return await format.reread(this.#head, format.write(item, { first: true, head: this.#head }));
    } catch (error) {
      if (error instanceof FileRefusal) return item;
      throw error;
    }
  }

  async #append(
    create: Operation & { readonly kind: "create" },
    output: Output,
    encoding: FileEncoding,
  ): Promise<void> {
    if (this.#outcomes.has(create)) return;
    const next = await this.#text(create, create.item, encoding);
    if (next === null) return;
    // Others of the same batch with this id or key come too late.
    for (const other of [
      ...(this.#byId.get(create.id) ?? []),
      ...create.keys.flatMap((key) => this.#byKey.get(key) ?? []),
    ])
      if (other !== create && other.kind === "create") this.#outcomes.set(other, duplicateOutcome(create.id));
    this.changed = true;
    this.#outcomes.set(create, written(create.id, next.version));
    await this.#put(next.text, output);
  }

  /** Null: the format or the encoding has no place for it, which is its outcome. */
  async #text(
    operation: Operation,
    item: Fields,
    encoding: FileEncoding,
  ): Promise<{ readonly text: string; readonly version: string | null } | null> {
    const { codec, place } = this.#tools;
    const { format } = place.plan;
    try {
      const text = format.write(item, { first: this.#count === 0, head: this.#head });
      encodeText(text, encoding);
      const reread = await format.reread(this.#head, text);
      const decoded = recordOf(codec, reread);
      if (!decoded.ok || decoded.record.id !== operation.id)
        throw new FileRefusal("E_SCHEMA", "the record would not be read back under its own id");
      return { text, version: decoded.record.version };
    } catch (error) {
      if (!(error instanceof FileRefusal)) throw error;
      this.#outcomes.set(operation, failed({ kind: "rejected", code: error.code, message: error.message }));
      return null;
    }
  }
}
