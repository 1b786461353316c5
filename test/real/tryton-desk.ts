// What people do in Tryton, by its JSON-RPC: the other side of the tests, written without anything of the connector.

interface Called {
  readonly result?: unknown;
  readonly error?: readonly unknown[];
}

export interface TrytonDesk {
  /** Calls a method of a model; the context is added. */
  call(method: string, ...params: readonly unknown[]): Promise<unknown>;
  /** Records of a model, by a domain. */
  read(model: string, domain: readonly unknown[], fields: readonly string[]): Promise<readonly Row[]>;
  create(model: string, values: Readonly<Record<string, unknown>>): Promise<number>;
  /** Opens a wizard on a record, as its button does. */
  wizard(name: string, on: { readonly model: string; readonly id: number }): Promise<TrytonWizard>;
}

interface TrytonWizard {
  /** What the first form proposes. */
  readonly defaults: Readonly<Record<string, unknown>>;
  step(state: string, forms: Readonly<Record<string, unknown>>): Promise<unknown>;
}

type Row = Readonly<Record<string, unknown>> & { readonly id: number };

export async function openTryton({
  url = "",
  user = "",
  password = "",
}: Readonly<Record<string, string>>): Promise<TrytonDesk> {
  const post = async (body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<unknown> => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    const told = (await response.json()) as Called; // any other answer fails right below
    if (told.error !== undefined) throw new Error(`${JSON.stringify(body)}: ${JSON.stringify(told.error)}`);
    return told.result;
  };
  const login = await post({ id: 0, method: "common.db.login", params: [user, { password }] });
  if (!Array.isArray(login)) throw new Error("Tryton refuses the login");
  const authorization = `Session ${Buffer.from([user, ...(login as unknown[])].join(":")).toString("base64")}`;
  const send = (method: string, params: readonly unknown[]): Promise<unknown> =>
    post({ id: 1, method: `model.${method}`, params }, { authorization });
  const context = await send("res.user.get_preferences", [true, {}]);
  const self: TrytonDesk = {
    call: (method, ...params) => send(method, [...params, context]),
    async read(model, domain, fields) {
      const rows = await send(`${model}.search_read`, [domain, 0, 1000, [["id", "ASC"]], fields, context]);
      return rows as readonly Row[]; // what search_read answers
    },
    async create(model, values) {
      const ids = await self.call(`${model}.create`, [values]);
      const [id] = Array.isArray(ids) ? (ids as unknown[]) : [];
      if (typeof id !== "number") throw new Error(`${model}.create answers no id`);
      return id;
    },
    async wizard(name, { model, id }) {
      const about = { ...(context as object), active_model: model, active_id: id, active_ids: [id] };
      const ask = (method: string, ...params: readonly unknown[]): Promise<unknown> =>
        post({ id: 1, method: `wizard.${name}.${method}`, params: [...params, about] }, { authorization });
      const [session, first] = (await ask("create")) as readonly [number, string]; // what a wizard answers
      const form = (await ask("execute", session, {}, first)) as {
        readonly view: { readonly defaults: Readonly<Record<string, unknown>> };
      };
      const defaults = Object.entries(form.view.defaults).filter(([field]) => !field.endsWith("."));
      return {
        defaults: Object.fromEntries(defaults),
        step: (state, forms) => ask("execute", session, forms, state),
      };
    },
  };
  return self;
}

export function decimal(digits: string): Readonly<Record<string, string>> {
  return { __class__: "Decimal", decimal: digits };
}
