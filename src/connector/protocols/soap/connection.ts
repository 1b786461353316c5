// What all calls of an account have in common: the WSDL, where they go, what stands in their headers.

import type { KeyPath, Problem } from "../../../core/problem.ts";
import type { Fields } from "../../../core/value.ts";
import type { ProtocolContext } from "../../protocol-context.ts";
import type { Variables } from "../../protocol.ts";
import { evaluateText, type Template } from "../../template.ts";
import { credentialElements, credentials, type Credentials } from "./credentials.ts";
import type { SoapSettings } from "./file.ts";
import { securityHeader } from "./security.ts";
import type { Port, Wsdl } from "./wsdl.ts";

/** A WSDL and the port of it that is called. */
export interface Service {
  readonly wsdl: Wsdl;
  readonly port: Port;
}

export class Connection {
  readonly context: ProtocolContext;
  readonly settings: SoapSettings;
  private readonly endpoint: Template | null;
  private readonly headers: readonly (readonly [string, Template])[];
  private readonly credentials: Credentials | null;
  /** Elements that every call's message begins with. */
  readonly elements: () => Fields;

  constructor(context: ProtocolContext, problems: Problem[]) {
    this.context = context;
    this.settings = context.file.soap ?? {};
    const compile = (value: unknown, path: KeyPath): Template | null => {
      const compiled = context.template(value, path, []);
      problems.push(...compiled.problems);
      return compiled.template;
    };
    const { endpoint, security } = this.settings;
    this.endpoint = endpoint === undefined ? null : compile(endpoint, ["soap", "endpoint"]);
    this.headers = Object.entries(context.file.headers ?? {}).flatMap(([name, value]) => {
      const template = compile(value, ["headers", name]);
      return template === null ? [] : [[name, template] as const];
    });
    this.credentials = security === undefined ? null : credentials(context, security);
    const elements = credentialElements(context, this.settings.elements ?? {});
    this.elements = () => elements.values();
    problems.push(...(this.credentials?.problems ?? []), ...elements.problems);
  }

  /** Where calls go; null when nothing says it. */
  async address(port: Port, variables: Variables): Promise<string | null> {
    if (this.endpoint !== null) return (await evaluateText(this.endpoint, variables)) ?? null;
    return this.context.baseUrl ?? port.address;
  }

  async httpHeaders(variables: Variables): Promise<Readonly<Record<string, string>>> {
    return textHeaders(this.headers, variables);
  }

  /** The security header; the empty text when the file asks for none. */
  async security(variables: Variables): Promise<string> {
    if (this.credentials === null) return "";
    return securityHeader(await this.credentials.token(variables));
  }
}

export async function textHeaders(
  templates: readonly (readonly [string, Template])[],
  variables: Variables,
): Promise<Readonly<Record<string, string>>> {
  const headers: Record<string, string> = {};
  for (const [name, template] of templates) {
    const value = await evaluateText(template, variables);
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}
