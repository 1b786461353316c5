// Which secrets sign deliveries, when the file does not say it with `secret:`.

import { didYouMean, problem, type Problem } from "../../core/problem.ts";
import type { Secret } from "../secret.ts";
import type { WebhooksPart } from "./file.ts";

export interface DeclaredSecrets {
  /** Names under `secrets:`. */
  readonly declared: readonly string[];
  /** Names that `auth:` uses. */
  readonly usedByAuth: readonly string[];
}

/** In the order of how sure the name is. HubSpot signs with the app's client secret, which auth may use as well. */
const USUAL = ["webhook_secret", "webhooks_secret", "signing_secret", "hook_secret", "client_secret"];

export function chooseSecrets(
  part: WebhooksPart,
  { declared, usedByAuth }: DeclaredSecrets,
): { readonly names: readonly string[]; readonly problems: readonly Problem[] } {
  if (part.secret !== undefined) {
    const isList = Array.isArray(part.secret);
    const names = isList ? (part.secret as readonly string[]) : [String(part.secret)];
    const problems = names.flatMap((name, index) => {
      if (declared.includes(name)) return [];
      const path = isList ? ["webhooks", "secret", index] : ["webhooks", "secret"];
      return [
        problem("E_SECRET_UNKNOWN", path, `"${name}" is not declared under secrets`, {
          found: name,
          expected: declared.join(", "),
          hint: didYouMean(name, declared) ?? `declare it: secrets: { ${name}: {} }`,
        }),
      ];
    });
    return { names, problems };
  }
  const usual = USUAL.find((name) => declared.includes(name));
  if (usual !== undefined) return { names: [usual], problems: [] };
  const free = declared.filter((name) => !usedByAuth.includes(name));
  const [only] = free;
  if (only !== undefined && free.length === 1) return { names: [only], problems: [] };
  return {
    names: [],
    problems: [
      problem("E_MISSING", ["webhooks"], "which secret signs the deliveries cannot be told", {
        on: "key",
        expected: "secret: NAME",
        hint: "add `secret:` with a name declared under `secrets:`",
      }),
    ],
  };
}

/** Every value that may have signed. One secret may hold several, parted by white space, while it is replaced. */
export function secretValues(names: readonly string[], secrets: ReadonlyMap<string, Secret>): readonly string[] {
  const values = new Set<string>();
  for (const name of names) {
    const whole = secrets.get(name)?.reveal().trim() ?? "";
    if (whole === "") continue;
    values.add(whole);
    for (const one of whole.split(/\s+/)) values.add(one);
  }
  return [...values];
}
