// What people do in Directus, by its REST API, and what its administrator sets up: a collection of invoices, and the flow that
// tells us of changes. Written without anything of the connector.

export interface DirectusDesk {
  /** Items of a collection whose field has this value. */
  find(collection: string, field: string, value: string): Promise<readonly Item[]>;
  create(collection: string, values: Readonly<Record<string, unknown>>): Promise<Item>;
  update(collection: string, id: string, values: Readonly<Record<string, unknown>>): Promise<unknown>;
  remove(collection: string, id: string): Promise<unknown>;
  /** A flow that posts every event of these collections there. */
  postEvents(collections: readonly string[], url: string): Promise<void>;
}

type Item = Readonly<Record<string, unknown>> & { readonly id: string };

/** A collection called invoices, each of a contact. */
const INVOICES = {
  collection: "invoices",
  meta: {},
  schema: {},
  fields: [
    { field: "id", type: "integer", schema: { is_primary_key: true, has_auto_increment: true } },
    { field: "number", type: "string", schema: { is_unique: true } },
    { field: "contact", type: "uuid", schema: {} },
    { field: "total", type: "decimal", schema: { numeric_precision: 12, numeric_scale: 2 } },
    { field: "status", type: "string", schema: {} },
    { field: "date_created", type: "timestamp", meta: { special: ["date-created"] }, schema: {} },
    { field: "date_updated", type: "timestamp", meta: { special: ["date-updated"] }, schema: {} },
  ],
};

export async function openDirectus({ url = "", token = "" }: Readonly<Record<string, string>>): Promise<DirectusDesk> {
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${String(response.status)} ${text}`);
    return text === "" ? null : (JSON.parse(text) as { readonly data: unknown }).data;
  };
  await ask("POST", "/collections", INVOICES);
  await ask("POST", "/relations", { collection: "invoices", field: "contact", related_collection: "contacts" });
  return {
    find: async (collection, field, value) =>
      (await ask("GET", `/items/${collection}?filter[${field}][_eq]=${encodeURIComponent(value)}`)) as readonly Item[],
    create: async (collection, values) => (await ask("POST", `/items/${collection}`, values)) as Item,
    update: (collection, id, values) => ask("PATCH", `/items/${collection}/${id}`, values),
    remove: (collection, id) => ask("DELETE", `/items/${collection}/${id}`),
    async postEvents(collections, hook) {
      const flow = (await ask("POST", "/flows", {
        name: "syncline",
        status: "active",
        trigger: "event",
        options: { type: "action", scope: ["items.create", "items.update", "items.delete"], collections },
      })) as Item;
      const operation = (await ask("POST", "/operations", {
        flow: flow.id,
        name: "post",
        key: "post",
        type: "request",
        position_x: 19,
        position_y: 1,
        options: {
          method: "POST",
          url: hook,
          headers: [{ header: "content-type", value: "application/json" }],
          body: "{{$trigger}}",
        },
      })) as Item;
      await ask("PATCH", `/flows/${flow.id}`, { operation: operation.id });
    },
  };
}
