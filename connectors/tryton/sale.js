// A sale names its products by id, orders from elsewhere by code; and its addresses are the party's. So a sale is made in three
// requests: the products of all lines, the party's address, the sale itself as a draft for the people in the office.

import { caller, decimal, refused } from "./rpc.js";

/** `create` of object sale. */
export async function create({ record, settings }, { send }) {
  const call = caller(settings, send);
  const lines = record.lines ?? [];
  const codes = lines.map((line) => line["product."]?.code);
  const products = await call(
    "model.product.product.search_read",
    [[["code", "in", codes]], 0, null, null, ["code", "sale_uom"]],
    { reads: true },
  );
  if (!Array.isArray(products.body?.result)) return products;
  const byCode = new Map(products.body.result.map((product) => [product.code, product]));
  const missing = codes.filter((code) => !byCode.has(code));
  if (missing.length > 0) return refused(`Tryton has no product ${missing.join(", ")}`);

  const party = record.party === undefined ? null : Number(record.party);
  const addresses = await call("model.party.address.search_read", [[["party", "=", party]], 0, 1, null, ["id"]], {
    reads: true,
  });
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
          return {
            product: product.id,
            unit: product.sale_uom,
            quantity: Number(line.quantity),
            unit_price: decimal(line.unit_price?.decimal),
          };
        }),
      ],
    ],
  };
  return call("model.sale.sale.create", [[sale]]);
}
