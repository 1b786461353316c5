// Signatures described in the connector file: an HMAC in a header, over a text with the delivery's parts in it.

import { problem, type KeyPath, type Problem } from "../../core/problem.ts";
import { parseDuration } from "../../core/units.ts";
import type { SignatureForm } from "./file.ts";
import { staleness, TOLERANCE_MS, unsigned, wholeNumber, type Scheme } from "./scheme.ts";
import { anySigned, decodeSignature, hmac, type HmacAlgorithm } from "./signature.ts";

const HOLES = ["id", "timestamp", "body", "method", "url"] as const;
type Hole = (typeof HOLES)[number];

type SignedPart = { readonly text: string } | { readonly hole: Hole };

interface Form {
  readonly parts: readonly SignedPart[];
  readonly algorithm: HmacAlgorithm;
  readonly encoding: "hex" | "base64";
  readonly key: "text" | "hex" | "base64";
  readonly signature: { readonly header: string; readonly prefix: string };
  readonly timestamp: {
    readonly header: string;
    readonly toleranceMs: number;
    readonly unit: "s" | "ms" | "iso";
  } | null;
  readonly idHeader: string | null;
}

/** @param path The `verify:` key. */
export function genericScheme(
  form: SignatureForm,
  path: KeyPath,
): { readonly scheme: Scheme; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const read = readForm(form, signedParts(form.signs, [...path, "signs"], problems));
  const holes = new Set(read.parts.flatMap((part) => ("hole" in part ? [part.hole] : [])));
  const at = [...path, "signs"];
  if (!holes.has("body")) {
    problems.push(
      problem("E_SIGNATURE_FORM", at, "the body is not signed", { found: form.signs, expected: "a text with {body}" }),
    );
  }
  if (holes.has("timestamp") && read.timestamp === null) {
    problems.push(problem("E_MISSING", path, "{timestamp} is signed, but `timestamp:` does not say where it stands"));
  }
  if (holes.has("id") && read.idHeader === null) {
    problems.push(problem("E_MISSING", path, "{id} is signed, but `id:` does not say where it stands"));
  }
  if (read.timestamp !== null && !holes.has("timestamp")) {
    problems.push(
      problem("W_TIMESTAMP_UNSIGNED", at, "the timestamp is not signed, so that anyone can renew an old delivery", {
        found: form.signs,
        hint: "add {timestamp} if the sender signs it, else remove `timestamp:`",
      }),
    );
  }
  return { scheme: schemeOf(read), problems };
}

/** The same hole may be written `{body}` or `{{ body }}`. */
function signedParts(signs: string, path: KeyPath, problems: Problem[]): readonly SignedPart[] {
  const parts: SignedPart[] = [];
  let from = 0;
  for (const match of signs.matchAll(/\{\{\s*([^{}]*?)\s*\}\}|\{\s*([^{}]*?)\s*\}/g)) {
    if (match.index > from) parts.push({ text: signs.slice(from, match.index) });
    const name = match[1] ?? match[2] ?? "";
    const hole = HOLES.find((entry) => entry === name);
    if (hole === undefined) {
      problems.push(
        problem("E_SIGNATURE_FORM", path, `there is no part "${name}" of a delivery`, {
          found: match[0],
          expected: HOLES.map((entry) => `{${entry}}`).join(", "),
        }),
      );
    } else parts.push({ hole });
    from = match.index + match[0].length;
  }
  if (from < signs.length) parts.push({ text: signs.slice(from) });
  return parts;
}

function readForm(form: SignatureForm, parts: readonly SignedPart[]): Form {
  const { signature, timestamp, id } = form;
  const header = typeof signature === "string" ? { header: signature } : signature;
  const time = typeof timestamp === "string" ? { header: timestamp } : timestamp;
  return {
    parts,
    algorithm: form.algorithm.replace("hmac-", "") as HmacAlgorithm,
    encoding: form.encoding ?? "hex",
    key: form.key ?? "text",
    signature: { header: header.header.toLowerCase(), prefix: ("prefix" in header ? header.prefix : undefined) ?? "" },
    timestamp:
      time === undefined
        ? null
        : {
            header: time.header.toLowerCase(),
            toleranceMs: parseDuration(("tolerance" in time ? time.tolerance : undefined) ?? "") ?? TOLERANCE_MS,
            unit: ("unit" in time ? time.unit : undefined) ?? "s",
          },
    idHeader: id === undefined ? null : (typeof id === "string" ? id : id.header).toLowerCase(),
  };
}

function schemeOf(form: Form): Scheme {
  const signedBytes = (values: Readonly<Record<Hole, string | Uint8Array>>): readonly (string | Uint8Array)[] =>
    form.parts.map((part) => ("text" in part ? part.text : values[part.hole]));
  const keyOf = (secret: string): Uint8Array => Buffer.from(secret, form.key === "text" ? "utf8" : form.key);
  return {
    verify(delivery, secrets, now) {
      const header = (name = ""): string => delivery.headers[name] ?? "";
      const written = header(form.signature.header);
      const timestamp = header(form.timestamp?.header);
      const id = header(form.idHeader ?? "");
      if (written === "") return unsigned(`${form.signature.header} is missing`);
      if (form.timestamp !== null && timestamp === "") return unsigned(`${form.timestamp.header} is missing`);
      const values = {
        id,
        timestamp,
        body: delivery.rawBody,
        method: delivery.method.toUpperCase(),
        url: delivery.url,
      };
      const given = written
        .split(/[\s,]+/)
        .filter((entry) => entry.startsWith(form.signature.prefix))
        .map((entry) => decodeSignature(entry.slice(form.signature.prefix.length), form.encoding))
        .filter((entry) => entry !== null);
      const sign = (key: Uint8Array): Buffer => hmac(form.algorithm, key, signedBytes(values));
      if (!anySigned(given, secrets.map(keyOf), sign)) return unsigned("no signature is right");
      const stale =
        form.timestamp === null
          ? null
          : staleness(readTime(timestamp, form.timestamp.unit), now, form.timestamp.toleranceMs);
      return stale ?? { ok: true, id: id === "" ? null : id, timestamp: timestamp === "" ? null : timestamp };
    },
    sign({ id, now, body, method, url }, secret) {
      const timestamp = form.timestamp === null ? "" : writeTime(now, form.timestamp.unit);
      const values = { id, timestamp, body, method: method.toUpperCase(), url };
      const signature = hmac(form.algorithm, keyOf(secret), signedBytes(values)).toString(form.encoding);
      return {
        [form.signature.header]: form.signature.prefix + signature,
        ...(form.timestamp === null ? {} : { [form.timestamp.header]: timestamp }),
        ...(form.idHeader === null ? {} : { [form.idHeader]: id }),
      };
    },
  };
}

function readTime(text: string, unit: "s" | "ms" | "iso"): number {
  if (unit === "iso") return /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN;
  return unit === "s" ? wholeNumber(text) * 1000 : wholeNumber(text);
}

function writeTime(now: number, unit: "s" | "ms" | "iso"): string {
  if (unit === "iso") return new Date(now).toISOString();
  return String(unit === "s" ? Math.floor(now / 1000) : now);
}
