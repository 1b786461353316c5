// Requests over a real socket, with any Host and any body.

import { request } from "node:http";
import { parseJson } from "../../src/core/json.ts";
import { isFields, isList, type Fields, type Value } from "../../src/core/value.ts";
import type { Admin } from "../../src/admin/admin.ts";

export interface Asked {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Buffer;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export function ask(admin: Pick<Admin, "port">, method: string, path: string, asked: Asked = {}): Promise<Answered> {
  const body = asked.raw ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body));
  const headers: Record<string, string> = {
    ...(asked.token === undefined ? {} : { authorization: `Bearer ${asked.token}` }),
    ...(body === undefined
      ? {}
      : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }),
    ...asked.headers,
  };
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: admin.port, method, path, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(parts).toString() }),
      );
      response.on("error", reject);
    });
    // A body that is refused early may break the pipe after the answer has come.
    sent.on("error", reject);
    sent.end(body);
  });
}

/** What a page of our own sends. */
export const LOCAL = { "x-syncline": "1" };

export function fieldsOf(answer: Answered): Fields {
  const value = parseJson(answer.text);
  if (!isFields(value)) throw new Error(`not an object: ${answer.text}`);
  return value;
}

export function rowsOf(answer: Answered): readonly Value[] {
  const value = parseJson(answer.text);
  if (!isList(value)) throw new Error(`not a list: ${answer.text}`);
  return value;
}

export function codeOf(answer: Answered): Value {
  return fieldsOf(answer)["code"] ?? null;
}
