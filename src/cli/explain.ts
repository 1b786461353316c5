// `syncline explain PAIR ENTITY SIDE:ID`: how a record stands, what to type next, and how each of its values came to be.

import type { Command } from "commander";
import { explanationJson, type Explanation, type FieldStory, type StoryEvent } from "../engine/explain/explanation.ts";
import { shownValue } from "../engine/explain/story.ts";
import { redactedValue, redactorOf } from "../daemon/redaction.ts";
import { EXIT, globalOptions, outputOf, type Output } from "./output.ts";
import { pretty } from "./plan.ts";
import { recordOf } from "./record-name.ts";
import { inSession, pairOf } from "./session.ts";
import { refuseUnknown } from "./unknown-name.ts";

export function register(program: Command): void {
  program
    .command("explain <pair> <entity> <record>")
    .description("why a record shows what it shows: what was seen, decided and written, when and by which rule")
    .option("--field <name>", "this field alone")
    .action((pair: string, entity: string, record: string, options: { field?: string }, command: Command) =>
      explain({ pair, entity, record, field: options.field ?? null }, outputOf(globalOptions(command))),
    );
}

interface Asked {
  readonly pair: string;
  readonly entity: string;
  readonly record: string;
  readonly field: string | null;
}

async function explain({ pair: name, entity, record, field }: Asked, output: Output): Promise<void> {
  await inSession(output, [name], async ({ runtime, project }) => {
    const pair = pairOf(runtime, name);
    const { entities } = pair.parts;
    refuseUnknown(
      "entity",
      [entity],
      entities.map((each) => each.name),
      `pair ${name}`,
    );
    const fields = entities.find((each) => each.name === entity)?.mapping.policy.fields ?? [];
    refuseUnknown(
      "field",
      field === null ? [] : [field],
      fields.map((each) => each.name),
      `entity ${entity}`,
    );
    const told = await pair.explain({ entity, ...recordOf(pair, record) }, field);
    // A value may hold what is a secret elsewhere.
    const redactor = redactorOf(project);
    if (output.options.json)
      process.stdout.write(`${pretty(redactedValue(explanationJson(told), (text) => redactor.redact(text)))}\n`);
    else output.result(null, redactor.redact(explanationText(told)));
    return EXIT.done;
  });
}

function explanationText(told: Explanation): string {
  const { names, side, record, other, link, now } = told;
  const lines = [
    `${told.pair} ${told.entity} ${names[side]}:${record}${other === null ? "" : ` / ${names[side === "left" ? "right" : "left"]}:${other}`}${link === null ? "" : `  (link ${link.id}, ${link.state} since ${timeText(link.since)})`}`,
    `now: ${now.text}`,
    ...now.next.map((each) => `    ${each}`),
  ];
  for (const field of told.fields) if (isTold(field)) lines.push("", ...fieldLines(field, told));
  if (told.timeline.length > 0) lines.push("", "the record", ...told.timeline.map(eventLine));
  return lines.join("\n");
}

/** Of a record that nobody knows each field would say the same: nothing. */
function isTold({ sides, timeline }: FieldStory): boolean {
  return (
    timeline.length > 0 ||
    [sides.left, sides.right].some((side) => side.shows !== undefined || side.agreed !== undefined)
  );
}

function fieldLines(
  { field, rule, says, sides, now, timeline }: FieldStory,
  { names }: Explanation,
): readonly string[] {
  const shown = (["left", "right"] as const).map((side) => {
    const { shows, agreed } = sides[side];
    const last = agreed === undefined ? "never agreed" : `agreed ${shownValue(agreed)}`;
    return `    ${names[side]}: ${shows === undefined ? "(not shown)" : shownValue(shows)}  (${last})`;
  });
  return [
    `${field}  ${rule === null ? "" : `${rule.file}:${String(rule.line)}  `}${says}`,
    ...shown,
    `    now: ${now.text}`,
    ...now.next.map((each) => `        ${each}`),
    ...(timeline.length === 0 ? ["    nothing was written, agreed or asked of it yet"] : timeline.map(eventLine)),
  ];
}

function eventLine({ at, text, run }: StoryEvent): string {
  return `    ${timeText(at)}  ${text}${run === null ? "" : `  (${run})`}`;
}

function timeText(at: number): string {
  return new Date(at).toISOString().replace("T", " ");
}
