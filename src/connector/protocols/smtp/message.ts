// The templates of a message, and what they give for one record. Values come from another system: none of them may add a header,
// a recipient or markup.

import { createHash } from "node:crypto";
import addressparser from "nodemailer/lib/addressparser";
import MailComposer from "nodemailer/lib/mail-composer";
import { problem, type KeyPath, type Problem } from "../../../core/problem.ts";
import type { Variables } from "../../protocol.ts";
import {
  compileTemplate,
  compileText,
  evaluateText,
  textOf,
  type Template,
  type TemplateScope,
  type TextPart,
} from "../../template.ts";
import type { CreatePart } from "../../file/request.ts";

export class MessageRefusal extends Error {
  override readonly name = "MessageRefusal";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface MessagePlan {
  readonly from: Template;
  readonly to: readonly Template[];
  readonly cc: readonly Template[];
  readonly bcc: readonly Template[];
  readonly replyTo: Template | null;
  readonly subject: Template;
  readonly text: Template | null;
  readonly html: readonly TextPart[] | null;
}

export interface ReadyMessage {
  readonly id: string;
  readonly envelope: { readonly from: string; readonly to: string[] };
  readonly bytes: Buffer;
}

/** Null: there are problems. */
export function planMessage(
  part: CreatePart,
  path: KeyPath,
  scope: TemplateScope,
): { readonly plan: MessagePlan | null; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const missing = (key: string, hint: string): void => {
    problems.push(problem("E_MISSING", path, `a message needs ${key}`, { on: "key", hint }));
  };
  const template = (text: string, key: string): Template => {
    const compiled = compileTemplate(text, [...path, key], [], scope);
    problems.push(...compiled.problems);
    return compiled.template ?? NOTHING;
  };
  const several = (texts: string | readonly string[] | undefined, key: string): readonly Template[] =>
    texts === undefined ? [] : [texts].flat().map((text) => template(text, key));
  if (part.from === undefined) missing("who it is from", "add from: Orders <orders@example.com>");
  if (part.to === undefined) missing("whom it is for", 'add to: "{{ record.email }}"');
  if (part.subject === undefined) missing("a subject", "add subject: …");
  if (part.text === undefined && part.html === undefined) missing("something to say", "add text: or html:");
  const html = part.html === undefined ? null : compileText(part.html, [...path, "html"], scope);
  problems.push(...(html?.problems ?? []));
  const plan: MessagePlan = {
    from: template(part.from ?? "", "from"),
    to: several(part.to, "to"),
    cc: several(part.cc, "cc"),
    bcc: several(part.bcc, "bcc"),
    replyTo: part.reply_to === undefined ? null : template(part.reply_to, "reply_to"),
    subject: template(part.subject ?? "", "subject"),
    text: part.text === undefined ? null : template(part.text, "text"),
    html: html?.parts ?? null,
  };
  return { plan: problems.length === 0 ? plan : null, problems };
}

const NOTHING: Template = { reads: new Set(), evaluate: () => Promise.resolve(null) };

/** @throws MessageRefusal, TemplateFailure */
export async function writeMessage(
  plan: MessagePlan,
  variables: Variables,
  { key, at }: { readonly key: string; readonly at: Date },
): Promise<ReadyMessage> {
  const from = await oneAddress(plan.from, variables, "from");
  if (from === null) throw new MessageRefusal("E_MAIL_ADDRESS", "from comes to nothing for this record");
  const [to, cc, bcc] = await Promise.all(
    (["to", "cc", "bcc"] as const).map(async (name) => {
      const found = await Promise.all(plan[name].map((each) => oneAddress(each, variables, name)));
      return found.filter((each) => each !== null);
    }),
  );
  if (to === undefined || to.length === 0)
    throw new MessageRefusal("E_MAIL_ADDRESS", "to comes to nothing for this record");
  const subject = await headerText(plan.subject, variables, "subject");
  const replyTo = plan.replyTo === null ? null : await oneAddress(plan.replyTo, variables, "reply_to");
  const text = plan.text === null ? null : await evaluateText(plan.text, variables);
  const html = plan.html === null ? null : await htmlOf(plan.html, variables);
  const id = messageId(key, from.address);
  const node = new MailComposer({
    messageId: id,
    date: at,
    from,
    to: [...to],
    cc: [...(cc ?? [])],
    ...(replyTo === null ? {} : { replyTo }),
    subject: subject ?? "",
    ...(typeof text === "string" ? { text } : {}),
    ...(html === null ? {} : { html }),
    // Nothing is fetched or read for a message: what looks like a path or an address in a value stays text.
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  const everybody = [...to, ...(cc ?? []), ...(bcc ?? [])].map((each) => each.address);
  return { id, envelope: { from: from.address, to: [...new Set(everybody)] }, bytes: await node.build() };
}

/** The same for the same key: who gets the message twice sees that it is one. */
function messageId(key: string, from: string): string {
  const domain = from.slice(from.lastIndexOf("@") + 1).toLowerCase();
  return `<${createHash("sha256").update(key).digest("hex").slice(0, 32)}@${domain}>`;
}

async function headerText(template: Template, variables: Variables, what: string): Promise<string | null> {
  const text = await evaluateText(template, variables);
  if (text === undefined) return null;
  if (/[\r\n\0]/.test(text))
    throw new MessageRefusal("E_MAIL_HEADER", `${what} has a line end in it, which would begin another header`);
  return text;
}

interface Address {
  readonly name: string;
  readonly address: string;
}

/** A text is one address: a value with a comma in it is not two recipients. Null: it comes to nothing. */
async function oneAddress(template: Template, variables: Variables, what: string): Promise<Address | null> {
  const text = await headerText(template, variables, what);
  if (text === null || text.trim() === "") return null;
  const found = addressparser(text, { flatten: true });
  const [only] = found;
  if (found.length !== 1 || only === undefined || !ADDRESS.test(only.address))
    throw new MessageRefusal("E_MAIL_ADDRESS", `${what} is not one address`);
  return { name: only.name, address: only.address };
}

const ADDRESS = /^[^\s@<>(),;:"\\]+@[^\s@<>(),;:"\\]+$/;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

async function htmlOf(parts: readonly TextPart[], variables: Variables): Promise<string> {
  let html = "";
  for (const part of parts) {
    if (typeof part === "string") html += part;
    else {
      const value = await part.evaluate(variables);
      html += textOf(value ?? null).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
    }
  }
  return html;
}
