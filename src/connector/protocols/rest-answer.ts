// The body of an HTTP answer, read without believing it: the right type, whole, valid text, JSON with all its digits.
// An answer that is an error anyway is read as far as it goes: its status matters, its body may help.

import { JsonError, parseJson } from "../../core/json.ts";
import type { Value } from "../../core/value.ts";
import type { HttpResponse } from "../http.ts";
import type { Answer, Sent } from "../protocol.ts";

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b|^text\/(?:json|javascript)\b|^application\/(?:x-)?javascript\b/;
const MARKUP_TYPE = /^(?:text\/html|application\/xhtml\+xml)\b/;

export function readAnswer({ status, headers, bytes }: HttpResponse): Sent {
  const answer = (body: Value): Sent => ({
    kind: "answer",
    answer: { status, headers, body, fault: null } satisfies Answer,
  });
  const unreadable = (code: string, message: string): Sent => ({ kind: "failed", reached: true, code, message });
  if (bytes.length === 0) return answer(null);
  const type = (headers["content-type"] ?? "").trim().toLowerCase();
  const good = status < 300;
  const text = decodeText(bytes, type, good);
  if (text === null) return unreadable("E_ENCODING", "the answer's text is not valid in its encoding");
  if (good && MARKUP_TYPE.test(type))
    return unreadable("E_CONTENT_TYPE", `the answer is ${type.split(";")[0] ?? "HTML"}, where JSON is due`);
  const json = JSON_TYPE.test(type);
  // Without a type, or as plain text, JSON is still JSON; anything else is text ("OK").
  if (!json && type !== "" && !type.startsWith("text/plain")) return answer(text);
  try {
    return answer(parseJson(text));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    if (json && good) return unreadable("E_MALFORMED", "the answer's JSON is damaged or cut off");
    return answer(text);
  }
}

/** Null: the bytes are no text in that encoding. @param strict False: what is wrong is replaced. */
function decodeText(bytes: Uint8Array, type: string, strict: boolean): string | null {
  const charset = /charset\s*=\s*"?([\w.:-]+)/.exec(type)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset, { fatal: strict }).decode(bytes);
  } catch {
    // A RangeError for an encoding nobody knows, a TypeError for bytes it does not have.
    return strict ? null : new TextDecoder().decode(bytes);
  }
}
