// What a protocol gets from the kit when one account is opened, or, with `http` null, when a file is only checked.

import type { ExpressionCompiler } from "../core/expression.ts";
import type { KeyPath, Problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { ConnectorFile } from "./file.ts";
import type { HttpClient } from "./http.ts";
import type { Protocol } from "./protocol.ts";
import type { Secret } from "./secret.ts";
import type { CompiledTemplate, CompiledText } from "./template.ts";

export interface ProtocolContext {
  readonly file: ConnectorFile;
  /** Folder of the connector file: relative paths in it start here. */
  readonly folder: string;
  readonly expressions: ExpressionCompiler;
  /** Null while a file is checked: prepare() finds problems, the calls it returns are never made. */
  readonly http: HttpClient | null;
  /** Without a slash at the end; null while a file is checked, or when the file has none. */
  readonly baseUrl: string | null;
  readonly settings: Readonly<Record<string, Value>>;
  /** Sent where the file sets no User-Agent. */
  readonly userAgent: string;
  /** Values of the account's secrets, by name: for signatures inside a request (WS-Security). */
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Compiles a value with `{{ }}` in it, at this place of the file; knows which variables exist. */
  template(value: unknown, path: KeyPath, position: readonly string[]): CompiledTemplate;
  /** The same for one text, as its parts: where each hole is encoded by itself. */
  text(text: string, path: KeyPath): CompiledText;
}

export interface PreparedProtocol {
  readonly protocol: Protocol;
  /** Problems of the file's top level that only the protocol can see (a WSDL that is missing). */
  readonly problems: readonly Problem[];
}

export type ProtocolFactory = (context: ProtocolContext) => PreparedProtocol;

/** Protocols that are built; a file that names another is refused. */
export type ProtocolFactories = Readonly<Partial<Record<ConnectorFile["protocol"], ProtocolFactory>>>;
