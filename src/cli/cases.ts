// `syncline cases`: what waits for a person, and a person's answer.

import type { Command } from "commander";
import { JsonError, jsonText, parseJson } from "../core/json.ts";
import { remoteId } from "../core/ids.ts";
import { isFields, type Value } from "../core/value.ts";
import type { CaseRow } from "../engine/ledger.ts";
import type { CaseResolution } from "../engine/ports/waiting.ts";
import { wrongCaseValue } from "../daemon/case-value.ts";
import type { Runtime } from "../daemon/runtime.ts";
import { EXIT, globalOptions, outputOf, type Output } from "./output.ts";
import { inSession, pairOf, personName, sideOf, UsageError } from "./session.ts";
import { unknownName } from "./unknown-name.ts";

const LIMIT = 10_000;

interface ResolveOptions {
  readonly take?: string;
  readonly value?: string;
  readonly link?: string;
  readonly dismiss?: boolean;
  readonly undone?: string;
}

export function register(program: Command): void {
  const cases = program
    .command("cases [pair]")
    .description("what waits for a person")
    .action(async (name: string | undefined, _options: unknown, command: Command) => {
      const output = outputOf(globalOptions(command));
      await inSession(output, name === undefined ? [] : [name], async ({ runtime }) => {
        if (name !== undefined) pairOf(runtime, name);
        const rows = await runtime.ledger.cases({ pair: name ?? null, limit: LIMIT });
        output.result(
          rows.map(shownCase),
          rows.length === 0 ? "nothing waits for a person" : rows.map((row) => caseText(row, runtime)).join("\n\n"),
        );
        return 0;
      });
    });
  cases
    .command("resolve [id]")
    .description("answer a case; the next run acts on it")
    .option("--undone <run>", "instead of one case: all that wait since this run was taken back")
    .option("--take <side>", "this side's value is right (gone records: its word is followed)")
    .option("--value <json>", "another value is right, as JSON")
    .option("--link <id>", "the record to link")
    .option("--dismiss", "leave both as they are")
    .action(async (id: string | undefined, options: ResolveOptions, command: Command) => {
      const output = outputOf(globalOptions(command));
      if ((id === undefined) === (options.undone === undefined))
        throw new UsageError("say which: the id of a case, or --undone RUN for all that wait since it was taken back");
      await inSession(output, [], async ({ runtime }) => {
        if (id === undefined) return resolveUndone(runtime, options, output);
        const found = await runtime.ledger.case(id);
        if (found === null) {
          const open = await runtime.ledger.cases({ pair: null, limit: LIMIT });
          throw unknownName(
            "case",
            id,
            open.map((each) => each.id),
          );
        }
        const answer = answerOf(options, found, runtime);
        const wrong = answer.kind === "value" ? await wrongCaseValue(runtime, found, answer.value) : null;
        if (wrong !== null) throw new UsageError(`--value cannot be taken: ${wrong}`);
        const row = await runtime.ledger.resolveCase(id, answer, personName());
        output.result(shownCase(row), `answered; the next run of ${row.pair} acts on it: syncline run ${row.pair}`);
        return 0;
      });
    });
}

/** Thousands of records may wait since one bad run was taken back: one word answers for all of them. */
async function resolveUndone(runtime: Runtime, options: ResolveOptions, output: Output): Promise<number> {
  if (options.value !== undefined || options.link !== undefined)
    throw new UsageError("many cases are answered at once with --take SIDE or --dismiss");
  let answered = 0;
  for (;;) {
    const open = await runtime.ledger.cases({ pair: null, limit: LIMIT });
    const own = open.filter((row) => row.answer === null && undoneBy(row) === options.undone);
    for (const row of own) {
      await runtime.ledger.resolveCase(row.id, answerOf(options, row, runtime), personName());
      answered += 1;
    }
    // Answered ones are listed until a run has acted on them, so that a further page shows nothing new.
    if (own.length === 0 || open.length < LIMIT) break;
  }
  if (answered === 0) throw new UsageError(`no case waits since run ${options.undone ?? ""} was taken back`);
  output.result({ answered }, `${String(answered)} answered; the next run acts on them`);
  return EXIT.done;
}

function undoneBy({ values }: CaseRow): string | null {
  const undone = isFields(values) ? values["undone"] : undefined;
  return typeof undone === "string" ? undone : null;
}

/** The shape of `cases --json`. */
function shownCase(row: CaseRow): Readonly<Record<string, unknown>> {
  return {
    id: row.id,
    pair: row.pair,
    entity: row.entity,
    kind: row.kind,
    left: row.left,
    right: row.right,
    field: row.field,
    values: JSON.parse(jsonText(row.values)) as unknown,
    since: new Date(row.since).toISOString(),
    answered: row.answer !== null,
  };
}

function answerOf(options: ResolveOptions, row: CaseRow, runtime: Runtime): CaseResolution["answer"] {
  const given = [options.take, options.value, options.link, options.dismiss].filter((each) => each !== undefined);
  if (given.length !== 1) throw new UsageError("say one of --take SIDE, --value JSON, --link ID, --dismiss");
  if (options.take !== undefined) return { kind: "take", side: sideOf(pairOf(runtime, row.pair), options.take) };
  if (options.value !== undefined) {
    if (row.kind !== "conflict" && row.kind !== "oscillation")
      throw new UsageError(`a case of kind ${row.kind} is not answered with a value`);
    return { kind: "value", value: valueOf(options.value) };
  }
  if (options.link !== undefined) {
    const id = remoteId(options.link);
    if (id === null) throw new UsageError("--link wants the id of a record");
    if (row.kind !== "ambiguous" && row.kind !== "matched-taken" && row.kind !== "unknown-outcome")
      throw new UsageError(`a case of kind ${row.kind} is not answered with a link`);
    return { kind: "link", id };
  }
  if (row.kind === "guard" && isAboutSystem(row))
    throw new UsageError(
      `this is answered by: syncline accept ${row.pair}, or syncline accept ${row.pair} --forget-links`,
    );
  if (row.kind === "guard")
    throw new UsageError(
      `a guard is answered by approving a plan: syncline plan ${row.pair} --sweep --out plan.json && syncline apply plan.json`,
    );
  if (row.kind === "value-rejected")
    throw new UsageError(`a case of kind ${row.kind} closes by itself when the record or the mapping is mended`);
  return { kind: "dismiss" };
}

/** Another account, or a restored backup: no plan can be approved about it. */
function isAboutSystem({ values }: CaseRow): boolean {
  return isFields(values) && (values["reason"] === "wrong-epoch" || values["reason"] === "rewound");
}

function valueOf(text: string): Value {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonError)
      throw new UsageError(`--value wants JSON; text goes in quotes: --value '"${text}"'`);
    throw error;
  }
}

function caseText(row: CaseRow, runtime: Runtime): string {
  const pair = runtime.pairs.get(row.pair);
  const names = { left: pair?.mapping.sides.left.name ?? "left", right: pair?.mapping.sides.right.name ?? "right" };
  const records = [
    row.left === null ? "" : `${names.left}:${row.left}`,
    row.right === null ? "" : `${names.right}:${row.right}`,
  ].filter((part) => part !== "");
  const lines = [
    `${row.id}  ${row.kind}  ${row.pair} ${row.entity}${row.field === null ? "" : `.${row.field}`}  ${records.join(" / ")}  since ${new Date(row.since).toISOString()}`,
  ];
  lines.push(`    ${jsonText(row.values)}`);
  if (row.answer !== null) lines.push("    answered; the next run acts on it");
  else lines.push(`    answer: ${answersTo(row, names).join("   ")}`);
  return lines.join("\n");
}

function answersTo(row: CaseRow, names: { readonly left: string; readonly right: string }): readonly string[] {
  const base = `syncline cases resolve ${row.id}`;
  switch (row.kind) {
    case "conflict":
    case "oscillation":
    case "gone":
    case "gone-edited":
      if (undoneBy(row) !== null)
        return [
          `${base} --take ${names.left}`,
          `--take ${names.right}`,
          "--dismiss",
          `all of that run: syncline cases resolve --undone ${undoneBy(row) ?? ""} --take SIDE`,
        ];
      return [`${base} --take ${names.left}`, `--take ${names.right}`, "--dismiss"];
    case "ambiguous":
    case "unknown-outcome":
      return [`${base} --link ID`, "--dismiss"];
    case "guard":
      if (isAboutSystem(row))
        return [
          `the same records as before: syncline accept ${row.pair}`,
          `other records, or older ones: syncline accept ${row.pair} --forget-links`,
        ];
      return [`syncline plan ${row.pair} --sweep --out plan.json && syncline apply plan.json`];
    case "matched-taken":
      return ["mend the record in its system; the case closes by itself", `${base} --dismiss`];
    case "drift":
      return ["the case closes by itself when the field is back", `to take it as it is: ${base} --dismiss`];
    case "value-rejected":
      return ["mend the record in its system, or the mapping; the case closes by itself"];
    default:
      throw new Error(`no answers known for ${JSON.stringify(row.kind)}`);
  }
}
