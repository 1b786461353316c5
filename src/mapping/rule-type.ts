// `as:` of a rule and of its sides: the type each side reads and writes with. A side refines the rule's type option by option.

import type { BySide, Side } from "../core/ids.ts";
import type { KeyPath } from "../core/problem.ts";
import type { CompileContext } from "./compile-context.ts";
import type { SideText } from "./compile-side.ts";
import type { RuleFile } from "./file-rule.ts";
import { fieldType } from "./types/registry.ts";
import { rawType } from "./types/raw.ts";
import type { FieldType } from "./types/type.ts";
import { idType, idTypeIn, wordType } from "./word-types.ts";

/** One type for both sides (the same object) where no side refines it. A type that was reported is replaced by `raw`. */
export function compileTypes(
  rule: RuleFile,
  at: KeyPath,
  texts: BySide<SideText>,
  context: CompileContext,
): BySide<FieldType> {
  if (texts.left.entry.as === undefined && texts.right.entry.as === undefined) {
    const type = typeOf(rule, at, texts.left, context);
    return { left: type, right: type };
  }
  const of = (side: Side): FieldType => typeOf(rule, at, texts[side], context);
  return { left: of("left"), right: of("right") };
}

function typeOf(rule: RuleFile, at: KeyPath, text: SideText, context: CompileContext): FieldType {
  const ruleSpec = withCountry(rule.as, context.country);
  const sideSpec = text.entry.as;
  if (ruleSpec === undefined && sideSpec === undefined) return typeless(rule);
  const ruleAt = [...at, "as"];
  const { type, problems } = fieldType(
    ruleSpec,
    sideSpec,
    sideSpec === undefined ? ruleAt : [...text.at, "as"],
    ruleAt,
  );
  problems.forEach((each) => context.report(each));
  if (type === null) return rawType;
  return rule.ref === undefined ? type : idTypeIn(type);
}

function typeless(rule: RuleFile): FieldType {
  if (rule.ref !== undefined) return idType;
  return rule.values === undefined ? rawType : wordType;
}

/** A phone number without a country can only be read with its country code; a default makes the file's own country do. */
function withCountry(spec: RuleFile["as"], country: string | null): RuleFile["as"] {
  return spec === "phone" && country !== null ? { phone: country } : spec;
}
