// A sale names its products by id, orders from elsewhere by code; and its addresses are the party's. So a sale is made in three
// requests: the products of all lines, the party's address, the sale itself as a draft for the people in the office.

/** `create` of object sale. */
export async function create({ record, settings }, { send }) {
  const context = { company: settings.company, language: "en" };
  const call = (method, params, reads) =>
    send({
      method: "POST",
      path: "/",
      body: { id: 1, method: `model.${method}`, params: [...params, context] },
      reads,
    });

  const lines = record.lines ?? [];
  const codes = lines.map((line) => line["product."]?.code);
  const fields = ["code", "sale_uom"];
  const products = await call("product.product.search_read", [[["code", "in", codes]], 0, null, null, fields], true);
  if (!Array.isArray(products.body?.result)) return products;
  const byCode = new Map(products.body.result.map((product) => [product.code, product]));
  const missing = codes.filter((code) => !byCode.has(code));
  if (missing.length > 0) return refused(`Tryton has no product ${missing.join(", ")}`);

  const party = record.party === undefined ? null : Number(record.party);
  const addresses = await call("party.address.search_read", [[["party", "=", party]], 0, 1, null, ["id"]], true);
  if (!Array.isArray(addresses.body?.result)) return addresses;
  const address = addresses.body.result[0]?.id ?? null;

  const sale = {
    reference: record.reference,
    party,
    invoice_address: address,
    shipment_address: address,
    lines: [
      [
        "create",
        lines.map((line) => {
          const product = byCode.get(line["product."].code);
          const price = line.unit_price?.decimal ?? "0";
          return {
            product: product.id,
            unit: product.sale_uom,
            quantity: Number(line.quantity),
            unit_price: { __class__: "Decimal", decimal: String(price) },
          };
        }),
      ],
    ],
  };
  return call("sale.sale.create", [[sale]], false);
}

/** In the form of Tryton's own refusals: the record is quarantined with these words. */
function refused(message) {
  return { status: 200, headers: {}, body: { error: ["UserError", [message, ""]] } };
}
