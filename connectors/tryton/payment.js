// A payment of an invoice is a journal entry and its reconciliation; Tryton makes both by the wizard behind its button "Pay". It
// tells no id of what it made, so the payment is looked for afterwards.

import { caller, day, decimal, refused } from "./rpc.js";

const READS = { reads: true };

/** `create` of object payment: `amount` of `invoice` was paid; less than is due is a partial payment. */
export async function create({ record, settings }, { send }) {
  const invoice = Number(record.invoice);
  const about = { active_model: "account.invoice", active_id: invoice, active_ids: [invoice] };
  const call = caller(settings, send, about);
  const found = await call("model.account.invoice.read", [[invoice], ["state"]], READS);
  const [of] = Array.isArray(found.body?.result) ? found.body.result : [];
  if (of === undefined) return found;
  if (of.state !== "posted") return refused(`an invoice that is ${of.state} takes no payment`);

  const wizard = await call("wizard.account.invoice.pay.create", [], READS);
  const [session, first] = Array.isArray(wizard.body?.result) ? wizard.body.result : [];
  if (session === undefined) return wizard;
  const form = await call("wizard.account.invoice.pay.execute", [session, {}, first], READS);
  const { defaults } = form.body?.result?.view ?? {};
  if (defaults === undefined) return form;
  const start = {
    ...Object.fromEntries(Object.entries(defaults).filter(([name]) => !name.endsWith("."))),
    amount: decimal(record.amount),
    payment_method: Number(settings.payment_method),
    description: record.description ?? null,
    ...(record.date ? { date: day(record.date) } : {}),
  };
  const paid = await call("wizard.account.invoice.pay.execute", [session, { start }, "choice"]);
  if (paid.body?.error !== undefined) return paid;
  // It asks what to do about a difference: the rest stays due. More than is due is refused by Tryton itself.
  if (paid.body?.result?.view !== undefined) {
    const ask = { type: "partial", lines: [], payment_lines: [], lines_to_pay: [] };
    const rest = await call("wizard.account.invoice.pay.execute", [session, { start, ask }, "pay"]);
    if (rest.body?.error !== undefined) return rest;
  }
  await call("wizard.account.invoice.pay.delete", [session]);
  return call("model.account.move.line.search", [[["invoice_payments", "=", invoice]], 0, 1, [["id", "DESC"]]], {
    reads: true,
  });
}
