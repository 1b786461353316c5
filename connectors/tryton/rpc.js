// What the functions of this folder share: calls of Tryton's methods, and refusals in its own form.

/** Calls `model.NAME.METHOD` or `wizard.NAME.METHOD`; `reads: true` of what changes nothing. `about` joins the context. */
export function caller(settings, send, about = {}) {
  const context = { company: settings.company, language: "en", ...about };
  return (method, params, { reads = false } = {}) =>
    send({ method: "POST", path: "/", body: { id: 1, method, params: [...params, context] }, reads });
}

/** In the form of Tryton's own refusals: the record is quarantined with these words. */
export function refused(message) {
  return { status: 200, headers: {}, body: { error: ["UserError", [message, ""]] } };
}

/** A number as Tryton takes it, exact. */
export function decimal(value) {
  return { __class__: "Decimal", decimal: String(value ?? "0") };
}

/** A day as Tryton takes it, from "2026-03-01" or from the form it is read in. */
export function day(value) {
  const [year, month, date] = typeof value === "string" ? value.split("-") : [value.year, value.month, value.day];
  return { __class__: "date", year: Number(year), month: Number(month), day: Number(date) };
}
