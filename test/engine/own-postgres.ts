// A Postgres of a test's own, which may be hurt: it is shared with nobody.

import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";
import pg from "pg";
import { startEmbedded, type Embedded } from "../../src/store/embedded.ts";
import { quiet } from "../store/server.ts";

export interface OwnPostgres {
  /** A new, empty database. */
  database(): Promise<string>;
  /** A copy of a database as it is now; nobody may be connected to it. */
  copy(url: string): Promise<string>;
  query(url: string, text: string): Promise<readonly Record<string, unknown>[]>;
  /** Ends the server at once, as a power cut does; it is started again by its supervisor. */
  crash(): void;
  /** Answers again. */
  running(): Promise<void>;
  /** Folder of the cluster, and the user it runs as. */
  place(): Promise<{ readonly folder: string; readonly uid: number; readonly gid: number }>;
  /** A way to the database that can be cut. */
  wire(url: string): Promise<Wire>;
  stop(): Promise<void>;
}

interface Wire {
  readonly url: string;
  /** Commits, and intents to be stored, that came by. */
  commits(): number;
  /** Cuts all connections at this one of them from now: before the server sees it, or after it has carried it out. */
  cutAt(nth: number, when: "before" | "after"): void;
  close(): Promise<void>;
}

export async function startOwnPostgres(): Promise<OwnPostgres> {
  const folder = mkdtempSync(join(tmpdir(), "syncline-own-pg-"));
  const embedded: Embedded = await startEmbedded({ dataDir: folder, log: quiet });
  const { host, port, user } = embedded.connection;
  const urlOf = (name: string): string =>
    `postgres://${user}@localhost:${String(port)}/${name}?host=${encodeURIComponent(host)}`;
  const query = async (url: string, text: string): Promise<readonly Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  let made = 0;
  const wires: Wire[] = [];
  const place: OwnPostgres["place"] = async () => {
    const [row] = await query(urlOf("postgres"), "show data_directory");
    const cluster = String(row?.["data_directory"]);
    const { uid, gid } = statSync(cluster);
    return { folder: cluster, uid, gid };
  };
  const cluster = (await place()).folder;
  return {
    query,
    place,
    async database() {
      const name = `own_${String((made += 1))}`;
      await query(urlOf("postgres"), `create database ${name}`);
      return urlOf(name);
    },
    async copy(url) {
      const name = `own_${String((made += 1))}`;
      const from = new URL(url).pathname.slice(1);
      await query(urlOf("postgres"), `create database ${name} template ${from}`);
      return urlOf(name);
    },
    crash() {
      const pid = Number(readFileSync(join(cluster, "postmaster.pid"), "utf8").split("\n")[0]);
      process.kill(pid, "SIGQUIT");
    },
    async running() {
      for (let tries = 0; ; tries += 1) {
        try {
          await query(urlOf("postgres"), "select 1");
          return;
        } catch (error) {
          if (tries > 300) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    },
    async wire(url) {
      const wire = await startWire(`${host}/.s.PGSQL.${String(port)}`, user, new URL(url).pathname.slice(1));
      wires.push(wire);
      return wire;
    },
    async stop() {
      for (const wire of wires) await wire.close();
      await embedded.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What makes something durable: the end of a transaction, and the statement that stores intents, which is one of its own. */
const DECISIVE = ["COMMIT;", "intents.save"].map((text) => Buffer.from(text));

async function startWire(socketPath: string, user: string, database: string): Promise<Wire> {
  const open = new Set<Socket>();
  let commits = 0;
  let cut: { readonly at: number; readonly when: "before" | "after" } | null = null;
  const cutAll = (): void => {
    cut = null;
    for (const socket of open) socket.destroy();
  };
  const server: Server = createServer((client) => {
    const behind = connect(socketPath);
    for (const socket of [client, behind]) {
      open.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        open.delete(socket);
        client.destroy();
        behind.destroy();
      });
    }
    let deaf = false;
    client.on("data", (data: Buffer) => {
      if (DECISIVE.some((text) => data.includes(text))) {
        commits += 1;
        if (cut?.at === commits && cut.when === "before") return cutAll();
        if (cut?.at === commits) deaf = true;
      }
      behind.write(data);
    });
    // Its answer is there, so it has been carried out; nobody is told.
    behind.on("data", (data: Buffer) => (deaf ? cutAll() : client.write(data)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `postgres://${user}@127.0.0.1:${String(port)}/${database}`,
    commits: () => commits,
    cutAt(nth, when) {
      cut = { at: commits + nth, when };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
