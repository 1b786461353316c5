// Tryton and Vendure, both as their makers publish them, kept in step by config/erp-shop.yaml. People work in both by their APIs
// (tryton-desk.ts, vendure-desk.ts); a daemon of its own process does the rest, and what arrives is looked up in the other
// system. The tests build on each other, as days at a company do.

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { endAll, type Running } from "../e2e/command.ts";
import { eventually } from "../e2e/eventually.ts";
import { openExample, type Example } from "./example.ts";
import { startLossyLink, type LossyLink } from "./lossy-link.ts";
import { hookPort, withSystems } from "./system.ts";
import { decimal, openTryton, type TrytonDesk } from "./tryton-desk.ts";
import { openVendure, type VendureDesk } from "./vendure-desk.ts";

interface Customer {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly emailAddress: string;
  readonly phoneNumber: string | null;
}

interface Variant {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  readonly price: number;
  readonly stockLevels: readonly { readonly stockOnHand: number }[];
}

interface Order {
  readonly id: string;
  readonly state: string;
  readonly payments: readonly { readonly id: string }[];
}

withSystems(["tryton", "vendure"], "an ERP and a shop", (systems) => {
  let erp: TrytonDesk;
  let shop: VendureDesk;
  let erpLink: LossyLink;
  let shopLink: LossyLink;
  let example: Example;
  let daemon: Running;
  /** Codes of the orders placed. */
  const codes = { first: "", lost: "" };

  const customers = async (email: string): Promise<readonly Customer[]> => {
    const found = await shop.admin(
      `query ($email: String!) { customers(options: { filter: { emailAddress: { eq: $email } } }) {
        items { id firstName lastName emailAddress phoneNumber } } }`,
      { email },
    );
    return (found as { readonly items: readonly Customer[] }).items;
  };
  const parties = (email: string): Promise<readonly { readonly id: number; readonly [field: string]: unknown }[]> =>
    erp.read("party.party", [["contact_mechanisms.value", "ilike", email]], ["name", "email", "phone"]);
  const addParty = (name: string, email: string): Promise<number> =>
    erp.create("party.party", { name, contact_mechanisms: [["create", [{ type: "email", value: email }]]] });
  const addCustomer = async (firstName: string, lastName: string, email: string): Promise<string> => {
    const input = { firstName, lastName, emailAddress: email };
    const made = await shop.admin(
      "mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { ... on Customer { id } } }",
      { input },
    );
    return (made as { readonly id: string }).id;
  };
  const updateCustomer = (id: string, fields: Readonly<Record<string, unknown>>): Promise<unknown> =>
    shop.admin("mutation ($input: UpdateCustomerInput!) { updateCustomer(input: $input) { __typename } }", {
      input: { id, ...fields },
    });
  const variant = async (sku: string): Promise<Variant | undefined> => {
    const found = await shop.admin(
      `query ($sku: String!) { productVariants(options: { filter: { sku: { eq: $sku } } }) {
        items { id sku name price stockLevels { stockOnHand } } } }`,
      { sku },
    );
    return (found as { readonly items: readonly Variant[] }).items[0];
  };
  /** Goods arrive from a supplier. */
  const receive = async (product: number, quantity: number): Promise<void> => {
    const move = await erp.create("stock.move", {
      product,
      quantity,
      uom: 1,
      from_location: 6, // of a new database: the supplier zone
      to_location: 3, // and the storage zone
      company: 1,
      currency: 1,
      unit_price: decimal("5.00"),
    });
    await erp.call("stock.move.do", [move]);
  };

  const sales = (code: string): Promise<readonly { readonly id: number; readonly [field: string]: unknown }[]> =>
    erp.read(
      "sale.sale",
      [["reference", "=", code]],
      ["state", "party", "lines.quantity", "lines.unit_price", "lines.product.code"],
    );
  const order = async (code: string): Promise<Order> => {
    const found = await shop.admin(
      "query ($code: String!) { orders(options: { filter: { code: { eq: $code } } }) { items { id state payments { id } } } }",
      { code },
    );
    const [only] = (found as { readonly items: readonly Order[] }).items;
    if (only === undefined) throw new Error(`the shop has no order ${code}`);
    return only;
  };
  const settlePayment = async (code: string): Promise<void> => {
    const { payments } = await order(code);
    await shop.admin("mutation ($id: ID!) { settlePayment(id: $id) { __typename } }", { id: payments[0]?.id });
  };
  /** The office enters the address and confirms a sale, the warehouse sends it. */
  const ship = async (code: string): Promise<void> => {
    const [sale] = await sales(code);
    const address = await erp.create("party.address", {
      party: sale?.["party"],
      street: "12 St James's Square",
      city: "London",
    });
    await erp.call("sale.sale.write", [sale?.id], { invoice_address: address, shipment_address: address });
    for (const step of ["quote", "confirm", "process"]) await erp.call(`sale.sale.${step}`, [sale?.id]);
    const [processed] = await erp.read("sale.sale", [["reference", "=", code]], ["shipments"]);
    for (const step of ["assign_force", "pick", "pack", "done"])
      await erp.call(`stock.shipment.out.${step}`, processed?.["shipments"]);
  };

  beforeAll(async () => {
    erp = await openTryton(systems.tryton);
    shop = await openVendure(systems.vendure);
    erpLink = await startLossyLink(Number(new URL(systems.tryton["url"] ?? "").port));
    shopLink = await startLossyLink(Number(new URL(systems.vendure["url"] ?? "").port));
    example = openExample({
      name: "erp-shop",
      hookPort: hookPort(),
      env: {
        TRYTON_URL: `http://127.0.0.1:${String(erpLink.port)}/erp`,
        TRYTON_PASSWORD: systems.tryton["password"] ?? "",
        VENDURE_URL: `http://127.0.0.1:${String(shopLink.port)}`,
        VENDURE_PASSWORD: systems.vendure["password"] ?? "",
        VENDURE_HOOK_TOKEN: "0123456789abcdef0123456789abcdef",
      },
    });
  });

  afterAll(async () => {
    endAll();
    await erpLink.close();
    await shopLink.close();
    example.close();
  });

  test("the first load puts the catalogue into the shop, links who is in both, and creates who is in one", async () => {
    await addParty("Ada Lovelace", "Ada@example.com");
    await addCustomer("Ada", "Lovelace", "ada@example.com");
    await addCustomer("Grace", "Hopper", "grace@example.com");
    await addParty("Emmy Noether", "emmy@example.com");

    daemon = await example.daemon();

    await eventually("all products are in the shop", async () => (await variant("SKU-019")) !== undefined);
    expect(await variant("SKU-007")).toMatchObject({ name: "Widget 7", price: 1700 });
    await eventually("all customers are in both", async () => (await parties("grace@example.com")).length === 1);
    expect(await customers("emmy@example.com")).toMatchObject([{ firstName: "Emmy", lastName: "Noether" }]);
    expect(await parties("ada@example.com")).toHaveLength(1);
    expect(await customers("ada@example.com")).toHaveLength(1);
  });

  test("stock that is set in the ERP is the shop's stock", async () => {
    const [product] = await erp.read("product.product", [["code", "=", "SKU-003"]], ["code"]);

    await receive(product?.id ?? 0, 25);

    await eventually(
      "the shop has 25 of it",
      async () => (await variant("SKU-003"))?.stockLevels[0]?.stockOnHand === 25,
    );
  });

  test("a price that is changed in the ERP is the shop's price, and one that is changed in the shop is put back", async () => {
    const [template] = await erp.read("product.template", [["name", "=", "Widget 4"]], ["name"]);
    await erp.call("product.template.write", [template?.id], { list_price: decimal("14.95") });
    await eventually("the shop sells it for 14.95", async () => (await variant("SKU-004"))?.price === 1495);

    await shop.admin(
      "mutation ($input: [UpdateProductVariantInput!]!) { updateProductVariants(input: $input) { id } }",
      { input: [{ id: (await variant("SKU-004"))?.id, price: 1 }] },
    );

    await eventually("it costs 14.95 again", async () => (await variant("SKU-004"))?.price === 1495);
  });

  test("edits of one customer in both systems meet in both", async () => {
    const [ada] = await customers("ada@example.com");
    const [party] = await parties("ada@example.com");
    await erp.call("party.party.write", [party?.id], { name: "Ada King" });
    await updateCustomer(ada?.id ?? "", { phoneNumber: "+442079460018" });

    await eventually("the shop has the name", async () => (await customers("ada@example.com"))[0]?.lastName === "King");
    await eventually("the ERP has the number", async () =>
      String((await parties("ada@example.com"))[0]?.["phone"])
        .replaceAll(" ", "")
        .endsWith("2079460018"),
    );
    expect((await customers("ada@example.com"))[0]?.phoneNumber).toBe("+442079460018");
  });

  test("a customer whose creation in the shop was not answered is there once", async () => {
    const lost = shopLink.loseAnswerTo("createCustomer(");
    await addParty("Mary Somerville", "mary@example.com");
    await lost;

    await eventually("the loss is made good", async () => (await customers("mary@example.com")).length === 1);
    const [party] = await parties("mary@example.com");
    await erp.call("party.party.write", [party?.id], { name: "Mary Greig" });
    await eventually("the two are linked", async () => (await customers("mary@example.com"))[0]?.lastName === "Greig");
    expect(await customers("mary@example.com")).toHaveLength(1);
    expect(await parties("mary@example.com")).toHaveLength(1);
  });

  test("a party whose creation in the ERP was not answered is there once", async () => {
    const lost = erpLink.loseAnswerTo("model.party.party.create");
    const id = await addCustomer("Lise", "Meitner", "lise@example.com");
    await lost;

    await eventually("the loss is made good", async () => (await parties("lise@example.com")).length === 1);
    await updateCustomer(id, { firstName: "Elise" });
    await eventually(
      "the two are linked",
      async () => (await parties("lise@example.com"))[0]?.["name"] === "Elise Meitner",
    );
    expect(await parties("lise@example.com")).toHaveLength(1);
    expect(await customers("lise@example.com")).toHaveLength(1);
  });

  test("an order that is placed in the shop is a sale in the ERP, with its lines, prices and customer", async () => {
    const bought = await variant("SKU-003");

    const code = await shop.order({
      variantId: bought?.id ?? "",
      quantity: 3,
      firstName: "Rosalind",
      lastName: "Franklin",
      email: "rosalind@example.com",
    });

    codes.first = code;
    await eventually("the ERP has it", async () => (await sales(code)).length === 1);
    const [sale] = await sales(code);
    const [party] = await parties("rosalind@example.com");
    expect(party).toMatchObject({ name: "Rosalind Franklin" });
    expect(sale).toMatchObject({
      state: "draft",
      party: party?.id,
      "lines.": [
        {
          quantity: 3,
          "product.": { code: "SKU-003" },
          unit_price: { decimal: expect.stringMatching(/^13(?:\.0+)?$/) },
        },
      ],
    });
  });

  test("a sale whose creation was not answered is there once", async () => {
    const bought = await variant("SKU-003");
    const lost = erpLink.loseAnswerTo("model.sale.sale.create");
    const code = await shop.order({
      variantId: bought?.id ?? "",
      quantity: 1,
      firstName: "Maria",
      lastName: "Mayer",
      email: "maria@example.com",
    });
    codes.lost = code;
    await lost;

    await eventually("the loss is made good", async () => (await sales(code)).length === 1);
    await example.run("run", "erp-shop");
    expect(await sales(code)).toHaveLength(1);
  });

  test("a sale that is cancelled in the ERP is a cancelled order in the shop, a shipped one is shipped", async () => {
    const [cancelled] = await sales(codes.lost);
    await erp.call("sale.sale.cancel", [cancelled?.id]);
    await eventually("the shop has cancelled it", async () => (await order(codes.lost)).state === "Cancelled");

    await settlePayment(codes.first);
    await ship(codes.first);

    await eventually("the shop has shipped it", async () => (await order(codes.first)).state === "Shipped");
  });

  test("what was edited while the daemon lay dead is carried over by the next one", async () => {
    daemon.send("SIGKILL");
    await daemon.ended;
    const [grace] = await customers("grace@example.com");
    const [emmy] = await parties("emmy@example.com");
    await updateCustomer(grace?.id ?? "", { lastName: "Murray" });
    await erp.call("party.party.write", [emmy?.id], { name: "Amalie Noether" });
    await addParty("Sofia Kovalevskaya", "sofia@example.com");

    daemon = await example.daemon();

    await eventually(
      "the ERP has it",
      async () => (await parties("grace@example.com"))[0]?.["name"] === "Grace Murray",
    );
    await eventually("the shop has it", async () => (await customers("emmy@example.com"))[0]?.firstName === "Amalie");
    await eventually("the new one is there", async () => (await customers("sofia@example.com")).length === 1);
  });

  test("an event of the shop is enough: nobody has to ask for changes", async () => {
    daemon.send("SIGTERM");
    await daemon.ended;
    example.look("1h");
    daemon = await example.daemon();
    await example.run("run", "erp-shop"); // the first look of the daemon is over
    const [sofia] = await customers("sofia@example.com");

    await updateCustomer(sofia?.id ?? "", { firstName: "Sonya" });

    await eventually(
      "the ERP has it",
      async () => (await parties("sofia@example.com"))[0]?.["name"] === "Sonya Kovalevskaya",
    );
  });

  test("a party that is deleted in the ERP is deleted in the shop, once a sweep has proven that it is gone", async () => {
    const [party] = await parties("sofia@example.com");
    await erp.call("party.party.delete", [party?.id]);

    await example.sweep();

    await eventually("the shop has let go", async () => (await customers("sofia@example.com")).length === 0);
  });

  test("with nothing left to do a sweep writes nothing", async () => {
    await example.sweep();
    const swept = await example.sweep();

    expect(swept.stderr).toBe("");
    expect(swept.json()).toMatchObject({ outcome: "ok" });
    expect(JSON.stringify(swept.json())).not.toMatch(/"(?:create|update|delete)":[1-9]/);
  });
});
