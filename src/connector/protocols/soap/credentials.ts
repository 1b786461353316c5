// User name and password of `soap: { security }`: names of secrets, or for the user name also of a setting or a template.

import { didYouMean, problem, type KeyPath, type Problem } from "../../../core/problem.ts";
import type { Fields } from "../../../core/value.ts";
import type { ProtocolContext } from "../../protocol-context.ts";
import type { Variables } from "../../protocol.ts";
import { evaluateText, TemplateFailure, textOf } from "../../template.ts";
import type { SoapSettings } from "./file.ts";
import type { UsernameToken } from "./security.ts";

export interface Credentials {
  readonly problems: readonly Problem[];
  /** @throws TemplateFailure when the account lacks a secret: nothing was sent. */
  token(variables: Variables): Promise<UsernameToken>;
}

export function credentials(context: ProtocolContext, security: NonNullable<SoapSettings["security"]>): Credentials {
  const problems: Problem[] = [];
  const declared = Object.keys(context.file.secrets ?? {});
  const settings = Object.keys(context.file.settings ?? {});
  const { username, password, type } = security;
  if (!declared.includes(password)) problems.push(undeclared(["security", "password"], password, declared, "secrets"));
  const isTemplate = username.includes("{{");
  if (!isTemplate && !declared.includes(username) && !settings.includes(username)) {
    problems.push(undeclared(["security", "username"], username, [...declared, ...settings], "secrets or settings"));
  }
  const compiled = isTemplate ? context.template(username, ["soap", "security", "username"], []) : null;
  problems.push(...(compiled?.problems ?? []));
  const template = compiled?.template ?? null;
  return {
    problems,
    async token(variables) {
      const user = template === null ? named(context, username) : await evaluateText(template, variables);
      return { username: user ?? "", password: secret(context, password), type };
    },
  };
}

/** `soap.elements`: what stands in the message of every call. */
export function credentialElements(
  context: ProtocolContext,
  elements: Readonly<Record<string, string>>,
): { readonly problems: readonly Problem[]; values(): Fields } {
  const known = [...Object.keys(context.file.secrets ?? {}), ...Object.keys(context.file.settings ?? {})];
  const problems = Object.entries(elements)
    .filter(([, name]) => !known.includes(name))
    .map(([element, name]) => undeclared(["elements", element], name, known, "secrets or settings"));
  return {
    problems,
    /** @throws TemplateFailure when the account lacks a secret: nothing was sent. */
    values: () =>
      Object.fromEntries(Object.entries(elements).map(([element, name]) => [element, named(context, name)])),
  };
}

function named(context: ProtocolContext, name: string): string {
  const setting = context.settings[name];
  return setting === undefined || context.secrets.has(name) ? secret(context, name) : textOf(setting);
}

function secret(context: ProtocolContext, name: string): string {
  const value = context.secrets.get(name);
  if (value === undefined) throw new TemplateFailure("E_REQUEST", `the secret "${name}" is not set for this account`);
  return value.reveal();
}

function undeclared(key: KeyPath, name: string, names: readonly string[], where: string): Problem {
  const hint = didYouMean(name, names) ?? `declare it under ${where}`;
  return problem("E_SECRET_UNKNOWN", ["soap", ...key], `"${name}" is not declared under ${where}`, {
    found: name,
    expected: names.join(", "),
    hint,
  });
}
