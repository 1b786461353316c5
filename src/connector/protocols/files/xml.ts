// One XML document with items at `item:`, read an item at a time. Names are local names: a file may change its prefixes, and
// with `namespace:` only elements of that URI are items. Document types are refused before anything in them is looked at.
//
// An item's value is what xml/value.ts makes of it: text exactly as written, `@name` for attributes, lists as `lists:` says.

import { SaxesParser, type SaxesTagNS } from "saxes";
import { DEPTH_MAX } from "../../../core/json.ts";
import { digitsOf, isFields, isList, type Fields, type Value } from "../../../core/value.ts";
import { valueAt, type Path } from "../../../core/path.ts";
import { XSI, type XmlAttribute, type XmlElement } from "../../xml/element.ts";
import { escapeAttribute, escapeText, illegalCharacter } from "../../xml/text.ts";
import { xmlValue } from "../../xml/value.ts";
import { FileRefusal, ITEM_CHARACTERS_MAX, onlyItem, type FileFormat, type Piece } from "./refusal.ts";

export interface XmlFileOptions {
  readonly encoding: string | null;
  /** Local names from the root to the item, at least two. */
  readonly item: readonly string[];
  readonly namespace: string | null;
  readonly lists: ReadonlySet<string>;
  /** Where the document, without its items, tells how many there are; null: nowhere. */
  readonly count: Path | null;
}

const NAME = /^[\p{L}_][\p{L}\p{N}._-]*$/u;

export function xmlFormat(options: XmlFileOptions): FileFormat {
  const container = options.item.slice(0, -1);
  const local = options.item.at(-1) ?? "";
  return {
    encoding: options.encoding,
    read: (texts) => readXml(texts, options),
    empty() {
      const declared = options.namespace === null ? "" : ` xmlns="${escapeAttribute(options.namespace)}"`;
      const [root = "", ...below] = container;
      const opened = [`<${root}${declared}>`, ...below.map((name) => `<${name}>`)].join("");
      const head = `<?xml version="1.0" encoding="${(options.encoding ?? "utf-8").toUpperCase()}"?>\n${opened}`;
      return {
        head,
        tail: `\n${container
          .toReversed()
          .map((name) => `</${name}>`)
          .join("")}\n`,
      };
    },
    write: (item, { head }) => `\n  ${elementText(prefixOf(head), local, item)}`,
    placed: (text) => text,
    reread: (head, text) => onlyItem(new XmlCutter(options).take(head + text)),
    tailFor: (tail) => tail,
  };
}

/** The prefix of the element that the head ends with: items are written with it too. */
function prefixOf(head: string): string {
  const name = /^<([^\s/>]+)/.exec(head.slice(head.lastIndexOf("<")))?.[1] ?? "";
  return name.includes(":") ? `${name.split(":")[0] ?? ""}:` : "";
}

function elementText(prefix: string, name: string, value: Value): string {
  if (!NAME.test(name))
    throw new FileRefusal("E_XML_MALFORMED", `"${name.slice(0, 40)}" cannot be the name of an element`);
  if (isList(value)) return value.map((entry) => elementText(prefix, name, entry)).join("");
  const tag = `${prefix}${name}`;
  if (!isFields(value))
    return value === null || value === "" ? `<${tag}/>` : `<${tag}>${escapeText(textOf(value))}</${tag}>`;
  let attributes = "";
  let content = "";
  for (const [key, entry] of Object.entries(value)) {
    if (key === "#text") content += escapeText(textOf(entry));
    else if (!key.startsWith("@")) content += elementText(prefix, key, entry);
    else if (entry !== null) {
      if (!NAME.test(key.slice(1)))
        throw new FileRefusal("E_XML_MALFORMED", `"${key}" cannot be the name of an attribute`);
      attributes += ` ${key.slice(1)}="${escapeAttribute(textOf(entry))}"`;
    }
  }
  return content === "" ? `<${tag}${attributes}/>` : `<${tag}${attributes}>${content}</${tag}>`;
}

function textOf(value: Value): string {
  if (value === null) return "";
  const text =
    typeof value === "string" ? value : (digitsOf(value) ?? (typeof value === "boolean" ? String(value) : null));
  if (text === null) throw new FileRefusal("E_XML_MALFORMED", "a list or an object has no place where text is due");
  const illegal = illegalCharacter(text);
  if (illegal !== null)
    throw new FileRefusal("E_XML_MALFORMED", `a value has the character ${illegal}, which XML cannot hold`);
  return text;
}

/** The encoding that a document declares; null: none. */
export function declaredEncoding(first: Buffer): string | null {
  const start = first.subarray(0, 200).toString("latin1");
  return /^<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']/.exec(start)?.[1] ?? null;
}

async function* readXml(texts: AsyncIterable<string>, options: XmlFileOptions): AsyncGenerator<Piece> {
  const cutter = new XmlCutter(options);
  for await (const text of texts) yield* cutter.take(text);
  yield* cutter.end();
}

interface Growing {
  readonly namespace: string;
  readonly local: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: (XmlElement | string)[];
  readonly scope: Readonly<Record<string, string>>;
}

/** Cuts the text at the ends of the container's start tag and of each item. */
class XmlCutter {
  readonly #options: XmlFileOptions;
  readonly #parser = new SaxesParser({ xmlns: true, additionalNamespaces: { xsi: XSI } });
  readonly #open: string[] = [];
  #held = "";
  #heldFrom = 0;
  #pieces: Piece[] = [];
  #state: "head" | "items" | "tail" = "head";
  #tail = "";
  /** Elements of the item that is being read, the item first. */
  #item: Growing[] = [];
  /** What stands around the items, for the count. */
  #around: Growing[] = [];
  #root: Growing | null = null;
  #rows = 0;

  constructor(options: XmlFileOptions) {
    this.#options = options;
    this.#parser.on("error", (error) => {
      throw new FileRefusal("E_XML_MALFORMED", error.message);
    });
    this.#parser.on("doctype", () => {
      throw new FileRefusal("E_XML_DOCTYPE", "document types are not accepted");
    });
    this.#parser.on("opentag", (tag) => {
      this.#opened(tag);
    });
    this.#parser.on("closetag", () => {
      this.#closed();
    });
    const text = (found: string): void => {
      const inside = this.#item.at(-1);
      if (inside !== undefined) inside.children.push(found);
      // The white space between items would add up to the length of the file.
      else if (found.trim() !== "") this.#around.at(-1)?.children.push(found);
    };
    this.#parser.on("text", text);
    this.#parser.on("cdata", text);
  }

  take(text: string): readonly Piece[] {
    if (/<!doctype/i.test(text) && this.#state === "head" && this.#open.length === 0)
      throw new FileRefusal("E_XML_DOCTYPE", "document types are not accepted");
    this.#held += text;
    this.#parser.write(text);
    if (this.#state === "tail") {
      this.#tail += this.#held;
      this.#heldFrom += this.#held.length;
      this.#held = "";
    }
    if (this.#held.length > ITEM_CHARACTERS_MAX || this.#tail.length > ITEM_CHARACTERS_MAX)
      throw new FileRefusal("E_LIMIT", "an element is longer than a record can be");
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  end(): readonly Piece[] {
    this.#parser.close();
    if (this.#state === "head")
      throw new FileRefusal("E_SCHEMA", `there is no element ${this.#options.item.slice(0, -1).join("/")}`);
    const { count } = this.#options;
    if (count !== null) {
      const said = valueAt(this.#root === null ? undefined : xmlValue(this.#root, new Set()), count);
      if (said === undefined) throw new FileRefusal("E_INCOMPLETE", "the document tells no count: it is not complete");
      if (typeof said !== "string" || said.trim() !== String(this.#rows))
        throw new FileRefusal(
          "E_INCOMPLETE",
          `the document counts ${typeof said === "string" ? said.trim() : "?"}, and there are ${String(this.#rows)} items`,
        );
    }
    return [...this.#pieces, { kind: "tail", text: this.#tail }];
  }

  #opened(tag: SaxesTagNS): void {
    this.#open.push(tag.local);
    if (this.#open.length > DEPTH_MAX) throw new FileRefusal("E_LIMIT", "the document is nested too deeply");
    const element = growing(tag);
    if (this.#item.length > 0) {
      this.#item.at(-1)?.children.push(element);
      this.#item.push(element);
      return;
    }
    const { item, namespace } = this.#options;
    const here = this.#open.every((name, index) => name === item[index]);
    if (here && this.#open.length === item.length && (namespace === null || tag.uri === namespace)) {
      if (this.#state === "tail")
        throw new FileRefusal("E_SCHEMA", `the element ${item.slice(0, -1).join("/")} stands twice`);
      this.#item.push(element);
      return;
    }
    this.#around.at(-1)?.children.push(element);
    this.#around.push(element);
    this.#root ??= element;
    if (!here || this.#open.length !== item.length - 1 || this.#state !== "head") return;
    this.#state = "items";
    const text = this.#cut(this.#parser.position);
    this.#pieces.push({ kind: "head", text: tag.isSelfClosing ? `${text.replace(/\s*\/>$/, "")}>` : text });
    if (tag.isSelfClosing) this.#tail = `</${tag.name}>`;
  }

  #closed(): void {
    const depth = this.#open.length;
    this.#open.pop();
    if (this.#item.length > 0) {
      const [whole] = this.#item;
      this.#item.pop();
      if (this.#item.length > 0 || whole === undefined) return;
      this.#rows += 1;
      const text = this.#cut(this.#parser.position);
      const value = xmlValue(whole, this.#options.lists);
      const row = this.#rows;
      this.#pieces.push(
        isFields(value)
          ? { kind: "item", row, text, item: withoutNil(value) }
          : { kind: "broken", row, text, code: "E_SCHEMA", message: `item ${String(row)} has nothing in it` },
      );
      return;
    }
    this.#around.pop();
    // The container's end tag belongs to what stands after the items.
    if (this.#state === "items" && depth === this.#options.item.length - 1) this.#state = "tail";
  }

  #cut(position: number): string {
    const text = this.#held.slice(0, position - this.#heldFrom);
    this.#held = this.#held.slice(text.length);
    this.#heldFrom += text.length;
    return text;
  }
}

/** An empty element is null, as an empty cell is: what has no text is not known to be empty text. */
function withoutNil(item: Fields): Fields {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, value === "" ? null : value]));
}

function growing(tag: SaxesTagNS): Growing {
  const attributes = Object.values(tag.attributes)
    .filter(({ prefix, name }) => prefix !== "xmlns" && name !== "xmlns")
    .map(({ uri, local, value }) => ({ namespace: uri, local, value }));
  return { namespace: tag.uri, local: tag.local, attributes, children: [], scope: {} };
}
