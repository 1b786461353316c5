// An invoice needs accounts, a journal, a payment term and taxes. Tryton tells them itself, by the questions its own client asks
// while somebody fills in the form (`on_change`); here the same is asked, so that an invoice from elsewhere is booked as one typed
// in. It is a draft until `state` says posted: to post is a button, and what is posted cannot be edited.

import { caller, day, decimal, refused } from "./rpc.js";

const READS = { reads: true };
const TEXTS = ["reference", "description"];
const BUTTONS = { posted: "post", cancelled: "cancel", draft: "draft" };

/** `create` of object invoice, of a customer: a draft, posted at once where `state` says so. */
export async function create({ record, settings }, { send }) {
  const call = caller(settings, send);
  const head = { id: -1, type: "out", company: settings.company, party: Number(record.party), lines: [], taxes: [] };
  const asked = await call("model.account.invoice.on_change", [head, ["party", "type"]], READS);
  if (!Array.isArray(asked.body?.result)) return asked;
  const told = Object.assign({}, ...asked.body.result);
  if (typeof told.invoice_address !== "number") return refused("the party has no address that an invoice could go to");
  const account = await call("model.account.invoice.on_change_with", [head, ["account"]], READS);
  if (account.body?.result?.account === undefined) return account;
  const { lines, answer } = await linesOf(record.lines ?? [], { call, party: head.party, company: settings.company });
  if (answer !== undefined) return answer;

  const invoice = {
    type: "out",
    company: settings.company,
    party: head.party,
    invoice_address: told.invoice_address,
    account: account.body.result.account,
    journal: told.journal,
    payment_term: told.payment_term ?? null,
    reference: record.reference ?? null,
    description: record.description ?? null,
    lines: [["create", lines]],
    ...(record.invoice_date ? { invoice_date: day(record.invoice_date) } : {}),
  };
  const made = await call("model.account.invoice.create", [[invoice]]);
  if (!Array.isArray(made.body?.result) || record.state !== "posted") return made;
  const posted = await call("model.account.invoice.post", [made.body.result]);
  return posted.body?.error === undefined ? made : posted;
}

/** `update` of object invoice: what a draft says; `state` posted, cancelled or draft, each a button of Tryton's. */
export async function update({ id, version, changed, item, settings }, { send }) {
  const { state, lines, invoice_date: date } = changed;
  const values = Object.fromEntries(Object.entries(changed).filter(([name]) => TEXTS.includes(name)));
  const button = BUTTONS[state];
  if (state !== undefined && button === undefined)
    return refused(`an invoice cannot be set to ${String(state)} from outside`);
  if (date !== undefined) values.invoice_date = date === null ? null : day(date);
  if (lines !== undefined) {
    const call = caller(settings, send);
    const told = await linesOf(lines ?? [], { call, party: Number(item.party), company: settings.company });
    if (told.answer !== undefined) return told.answer;
    const old = (item["lines."] ?? []).map((line) => Number(line.id));
    values.lines = [
      ["delete", old],
      ["create", told.lines],
    ];
  }

  // The version is asked for by the first of the two calls: the second one's would be the first one's own.
  const guarded = caller(settings, send, version ? { _timestamp: { [`account.invoice,${id}`]: version } } : {});
  const writes = Object.keys(values).length > 0;
  const written = writes ? await guarded("model.account.invoice.write", [[Number(id)], values]) : null;
  if (button === undefined || written?.body?.error !== undefined)
    return written ?? { status: 200, headers: {}, body: {} };
  return (writes ? caller(settings, send) : guarded)(`model.account.invoice.${button}`, [[Number(id)]]);
}

/** Lines as Tryton takes them: of a product named by its code, with its account and taxes, or of a description alone. */
async function linesOf(lines, { call, party, company }) {
  const codes = lines.map((line) => line["product."]?.code).filter((code) => typeof code === "string");
  const products = await call(
    "model.product.product.search_read",
    [[["code", "in", codes]], 0, null, null, ["code", "default_uom"]],
    READS,
  );
  if (!Array.isArray(products.body?.result)) return { answer: products };
  const byCode = new Map(products.body.result.map((product) => [product.code, product]));
  const missing = codes.filter((code) => !byCode.has(code));
  if (missing.length > 0) return { answer: refused(`Tryton has no product ${missing.join(", ")}`) };
  const config = await call("model.account.configuration.read", [[1], ["default_category_account_revenue"]], READS);
  if (!Array.isArray(config.body?.result)) return { answer: config };

  const made = [];
  for (const line of lines) {
    const form = {
      type: "line",
      quantity: Number(line.quantity ?? 1),
      unit_price: decimal(line.unit_price?.decimal),
      description: line.description ?? null,
    };
    const product = byCode.get(line["product."]?.code);
    if (product === undefined) {
      made.push({ ...form, account: config.body.result[0]?.default_category_account_revenue ?? null });
      continue;
    }
    const blank = { id: -1, type: "line", invoice_type: "out", company, party, product: product.id, taxes: [] };
    const asked = await call("model.account.invoice.line.on_change", [blank, ["product"]], READS);
    if (!Array.isArray(asked.body?.result)) return { answer: asked };
    const { account = null, taxes = [] } = Object.assign({}, ...asked.body.result);
    made.push({ ...form, product: product.id, unit: product.default_uom, account, taxes: [["add", taxes]] });
  }
  return { lines: made };
}
