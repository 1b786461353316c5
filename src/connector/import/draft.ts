// A connector file drafted from a machine's description of an API. What the description does not tell is marked in it, at its
// place, so that a person knows what to look up.

import { Document, isCollection, isMap, isPair, isScalar, isSeq, type YAMLMap, type YAMLSeq } from "yaml";
import type { KeyPath } from "../../core/problem.ts";

export interface DraftNote {
  /** Key that the note stands before; one that is not there: the nearest above. */
  readonly path: KeyPath;
  readonly text: string;
}

export interface Draft {
  /** What the connector file says. */
  readonly file: Readonly<Record<string, unknown>>;
  readonly notes: readonly DraftNote[];
}

/** What is wrong with a description, for people. */
export class ImportError extends Error {
  override readonly name = "ImportError";
}

const MODELINE = " yaml-language-server: $schema=../schema/connector.json";
/** Characters of JSON that still read well on one line. */
const SHORT = 100;

/** The file's text; each note is a comment that begins with CHECK. */
export function draftText({ file, notes }: Draft): string {
  const document = new Document(file, { aliasDuplicateObjects: false });
  for (const { path, text } of notes) place(document, path, ` CHECK: ${text}`);
  if (isMap(document.contents)) shorten(document.contents, 0);
  document.commentBefore = MODELINE;
  return document.toString({ lineWidth: 140, flowCollectionPadding: true });
}

function place(document: Document, path: KeyPath, comment: string): void {
  for (let length = path.length; length > 0; length -= 1) {
    const above = document.getIn(path.slice(0, length - 1), true);
    if (!isMap(above)) continue;
    const pair = above.items.find((item) => isPair(item) && nameOf(item.key) === path[length - 1]);
    if (pair === undefined || !isScalar(pair.key)) continue;
    const before = pair.key.commentBefore;
    pair.key.commentBefore = before === undefined || before === null ? comment : `${before}\n${comment}`;
    return;
  }
}

function nameOf(key: unknown): unknown {
  return isScalar(key) ? key.value : key;
}

/** Small maps and lists on one line, as people write them; what holds a comment stays open. */
function shorten(node: YAMLMap | YAMLSeq, depth: number): void {
  for (const item of node.items) {
    const value = isPair(item) ? item.value : item;
    if (isMap(value) || isSeq(value)) shorten(value, depth + 1);
  }
  const isOpen = node.items.some((item) => {
    const value = isPair(item) ? item.value : item;
    const isNoted = isPair(item) && isScalar(item.key) && typeof item.key.commentBefore === "string";
    return isNoted || (isCollection(value) && value.flow !== true);
  });
  if (depth > 1 && !isOpen && JSON.stringify(node).length <= SHORT) node.flow = true;
}
