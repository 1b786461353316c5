// Bytes of a file to text and back. Nothing is guessed: a byte order mark, else the declared encoding, else UTF-8; bytes that
// do not fit are an error, and so is a character that the encoding cannot write.

import iconv from "iconv-lite";
import { FileRefusal } from "./refusal.ts";

/** What a file turned out to be written in, to be written back alike. */
export interface FileEncoding {
  readonly name: string;
  readonly mark: boolean;
}

const MARKS: readonly { readonly bytes: readonly number[]; readonly name: string }[] = [
  { bytes: [0xef, 0xbb, 0xbf], name: "utf-8" },
  { bytes: [0xff, 0xfe], name: "utf-16le" },
  { bytes: [0xfe, 0xff], name: "utf-16be" },
];

export function isEncoding(name: string): boolean {
  return iconv.encodingExists(name);
}

/** By one name whatever it is called. */
function plain(name: string): string {
  const low = name.toLowerCase().replace(/[\s_-]/g, "");
  if (low === "utf8" || low === "ascii" || low === "usascii") return "utf-8";
  if (low === "utf16" || low === "utf16le" || low === "ucs2" || low === "unicode") return "utf-16le";
  if (low === "utf16be") return "utf-16be";
  if (low === "latin1") return "iso-8859-1";
  return name.toLowerCase();
}

function markOf(bytes: Buffer): FileEncoding | null {
  const mark = MARKS.find((each) => each.bytes.every((byte, index) => bytes[index] === byte));
  return mark === undefined ? null : { name: mark.name, mark: true };
}

/** By the null bytes that UTF-16 puts around a character of ASCII: a file without mark that nobody declared. */
function looksWide(bytes: Buffer): boolean {
  return bytes.length >= 2 && (bytes[0] === 0) !== (bytes[1] === 0);
}

function decide(first: Buffer, declared: string | null): FileEncoding {
  const marked = markOf(first);
  const wanted = declared === null ? null : plain(declared);
  if (marked !== null) {
    const differs = wanted !== null && wanted !== marked.name && !(wanted === "utf-16le" && marked.name === "utf-16be");
    if (!differs) return marked;
    throw new FileRefusal("E_ENCODING", `the file says it is ${marked.name}, and \`encoding\` says ${wanted}`);
  }
  if (wanted === null && looksWide(first)) {
    throw new FileRefusal("E_ENCODING", "the bytes are not UTF-8; they look like UTF-16: declare `encoding: utf-16le`");
  }
  return { name: wanted ?? "utf-8", mark: false };
}

/** The text without its mark. @param told Called once, with what the file is written in. */
export async function* decodeText(
  chunks: AsyncIterable<Buffer>,
  declared: (first: Buffer) => string | null,
  told: (encoding: FileEncoding) => void,
): AsyncGenerator<string> {
  let decoder: ((bytes: Buffer | null) => string) | null = null;
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (decoder !== null) {
      yield decoder(chunk);
      continue;
    }
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (held.length < 4) continue;
    const encoding = decide(held, declared(held));
    told(encoding);
    decoder = decoderOf(encoding);
    yield decoder(held);
  }
  if (decoder === null) {
    const encoding = decide(held, declared(held));
    told(encoding);
    decoder = decoderOf(encoding);
    yield decoder(held);
  }
  yield decoder(null);
}

/** Null ends: what is left over is wrong. */
function decoderOf({ name }: FileEncoding): (bytes: Buffer | null) => string {
  const wrong = (): never => {
    throw new FileRefusal("E_ENCODING", `the bytes are not ${name}; declare what they are with \`encoding\``);
  };
  if (name === "utf-8" || name === "utf-16le" || name === "utf-16be") {
    const decoder = new TextDecoder(name, { fatal: true });
    return (bytes) => {
      try {
        return bytes === null ? decoder.decode() : decoder.decode(bytes, { stream: true });
      } catch {
        return wrong();
      }
    };
  }
  const decoder = iconv.getDecoder(name, { stripBOM: true });
  return (bytes) => {
    const text = bytes === null ? (decoder.end() ?? "") : decoder.write(bytes);
    // It writes U+FFFD for what it cannot read; the encodings that reach here cannot hold that character.
    return text.includes("\ufffd") && !/^gb18030$/i.test(name) ? wrong() : text;
  };
}

export function encodeText(text: string, { name }: FileEncoding): Buffer {
  const bytes = iconv.encode(text, name);
  if (name === "utf-8" || name.startsWith("utf-16")) return bytes;
  if (iconv.decode(bytes, name) === text) return bytes;
  throw new FileRefusal("E_ENCODING", `a character of the record cannot be written in ${name}`);
}

export function markBytes({ name, mark }: FileEncoding): Buffer {
  const found = mark ? MARKS.find((each) => each.name === name) : undefined;
  return Buffer.from(found?.bytes ?? []);
}
