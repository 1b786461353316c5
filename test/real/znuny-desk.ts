// What agents do in Znuny, by its REST interface: the other side of the tests, written without anything of the connector.

interface Ticket {
  readonly TicketID: string;
  readonly Title: string;
  readonly State: string;
  readonly Priority: string;
  readonly CustomerUserID: string | null;
}

export interface ZnunyDesk {
  open(fields: Readonly<Record<string, string>>): Promise<void>;
  edit(ticket: Ticket | undefined, fields: Readonly<Record<string, string>>): Promise<void>;
  /** Tickets of this title. */
  tickets(title: string): Promise<readonly Ticket[]>;
}

interface Told {
  readonly Error?: unknown;
  readonly TicketID?: string | readonly string[];
  readonly Ticket?: readonly Ticket[];
}

export function openZnuny(ready: Readonly<Record<string, string>>): ZnunyDesk {
  const { url = "", user: UserLogin = "", password: Password = "", customer: CustomerUser = "" } = ready;
  const send = async (method: string, path: string, body?: Readonly<Record<string, unknown>>): Promise<Told> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify({ UserLogin, Password, ...body }) }),
    });
    const told = (await response.json()) as Told | null; // any other answer fails right below
    if (!response.ok || told?.Error !== undefined) throw new Error(`${method} ${path}: ${JSON.stringify(told)}`);
    return told ?? {};
  };
  return {
    async open(fields) {
      const ticket = { Queue: "Raw", State: "new", Priority: "3 normal", CustomerUser, ...fields };
      const article = { CommunicationChannel: "Internal", SenderType: "agent", Subject: "s", Body: "b" };
      await send("POST", "/Ticket", {
        Ticket: ticket,
        Article: { ...article, ContentType: "text/plain; charset=utf8" },
      });
    },
    async edit(ticket, fields) {
      await send("POST", "/TicketUpdate", { TicketID: ticket?.TicketID, Ticket: fields });
    },
    async tickets(title) {
      // Not by the title: a search takes some of its signs for operators.
      const found = await send("GET", `/Ticket?${new URLSearchParams({ UserLogin, Password }).toString()}`);
      const ids = [found.TicketID ?? []].flat();
      const read = await Promise.all(
        ids.map((id) => send("GET", `/Ticket/${id}?${new URLSearchParams({ UserLogin, Password }).toString()}`)),
      );
      return read.flatMap(({ Ticket }) => Ticket ?? []).filter((ticket) => ticket.Title === title);
    },
  };
}
