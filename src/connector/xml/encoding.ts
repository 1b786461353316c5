// Bytes to text, or a plain no. A wrong guess would write mojibake into the other system, so nothing is guessed: a byte
// order mark, then the transport's charset, then the XML declaration, then UTF-8; bytes that do not fit are an error.

export type Decoded = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

const DECLARED = /^<\?xml[^>]*?\sencoding\s*=\s*(?:"([^"]*)"|'([^']*)')/;

/** @param charset What the transport says (`charset=` of the content type); null: nothing. */
export function decodeXml(bytes: Uint8Array, charset: string | null): Decoded {
  const encoding = markedEncoding(bytes) ?? charset ?? declaredEncoding(bytes) ?? "utf-8";
  return decodeAs(bytes, encoding.trim().toLowerCase());
}

/** By the byte order mark, or by the null bytes that UTF-16 puts around the first `<`. */
function markedEncoding(bytes: Uint8Array): string | null {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first === 0x3c && second === 0) return "utf-16le";
  if (first === 0 && second === 0x3c) return "utf-16be";
  return null;
}

function declaredEncoding(bytes: Uint8Array): string | null {
  const start = Buffer.from(bytes.subarray(0, 200)).toString("latin1");
  const match = DECLARED.exec(start);
  return match?.[1] ?? match?.[2] ?? null;
}

function decodeAs(bytes: Uint8Array, encoding: string): Decoded {
  // By the web's rules TextDecoder takes these two for one encoding, and Node 20 then decodes the bytes 80 to 9F as neither.
  if (encoding === "iso-8859-1" || encoding === "latin1")
    return { ok: true, text: Buffer.from(bytes).toString("latin1") };
  if (encoding === "windows-1252" || encoding === "cp1252") return decodeWindows(bytes);
  const label = encoding === "us-ascii" || encoding === "ascii" ? "utf-8" : encoding;
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(label, { fatal: true });
  } catch {
    return { ok: false, message: `the encoding "${encoding.slice(0, 40)}" is not known` };
  }
  try {
    return { ok: true, text: decoder.decode(bytes) };
  } catch {
    return { ok: false, message: `the bytes are not ${decoder.encoding}` };
  }
}

/** Characters of the bytes 80 to 9F; a blank where there is none. */
const WINDOWS = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";

function decodeWindows(bytes: Uint8Array): Decoded {
  let valid = true;
  const text = Buffer.from(bytes)
    .toString("latin1")
    .replace(/[\u0080-\u009f]/g, (character) => {
      const found = WINDOWS[character.charCodeAt(0) - 0x80] ?? " ";
      if (found === " ") valid = false;
      return found;
    });
  return valid ? { ok: true, text } : { ok: false, message: "the bytes are not windows-1252" };
}
