// A suggestion as YAML that can be pasted below an entity, each line with its evidence.

import { stringify } from "yaml";
import type { Evidence } from "./draft.ts";
import type { SuggestedMatch } from "./draft-match.ts";
import type { Suggestion } from "./suggest.ts";

/** @param indent Of the entity's keys. */
export function draftText(suggestion: Suggestion, indent: string): string {
  const { match, rules } = suggestion;
  const lines: string[] = [];
  if (match.length > 0) lines.push("match:", ...match.map((each) => `  - ${flow(each.rule)} # ${matchText(each)}`));
  lines.push(
    rules.length === 0 ? "fields: {}" : "fields:",
    ...rules.map(({ name, rule, evidence }) => `  ${flow(name)}: ${flow(rule)} # ${evidenceText(evidence)}`),
  );
  return lines.map((line) => `${indent}${line}`).join("\n");
}

function evidenceText({ equal, of, names, note }: Evidence): string {
  const called = names >= 0.9 ? "the names say so" : names >= 0.5 ? "the names are alike" : "by the values alone";
  if (note !== null) return note;
  return equal === null
    ? `${called}; no record of the samples is on both sides`
    : `${String(equal)} of ${String(of)} equal; ${called}`;
}

function matchText({ shared, of, note }: SuggestedMatch): string {
  return note ?? `${String(shared)} of ${String(of)} values are on both sides`;
}

function flow(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();
}
