// Mail: a sink against a real SMTP server in this process, with TLS, log-in, refusals and lost answers.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { parse } from "yaml";
import { compileConnector, type CompiledConnector } from "../../src/connector/compile.ts";
import type { System } from "../../src/connector/contract.ts";
import { connectorFileSchema } from "../../src/connector/file.ts";
import { smtpProtocol } from "../../src/connector/protocols/smtp/smtp.ts";
import { Secret } from "../../src/connector/secret.ts";
import type { Fields } from "../../src/core/value.ts";
import { closeExpressionsAfterwards, expressions, failureOf, TODAY, valueOf } from "./opened.ts";

closeExpressionsAfterwards();

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "syncline-smtp-"));
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=localhost",
    ].concat([
      "-addext",
      "subjectAltName=DNS:localhost",
      "-keyout",
      join(folder, "key.pem"),
      "-out",
      join(folder, "ca.pem"),
    ]),
    { stdio: "ignore" },
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

interface MailServer {
  readonly port: number;
  readonly mails: Mail[];
  readonly server: SMTPServer;
}

const running: SMTPServer[] = [];
const systems: System[] = [];
afterEach(async () => {
  await Promise.all(systems.splice(0).map((system) => system.close()));
  await Promise.all(running.splice(0).map((server) => new Promise<void>((done) => server.close(done))));
});

async function serve(options: SMTPServerOptions = {}): Promise<MailServer> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    key: readFileSync(join(folder, "key.pem")),
    cert: readFileSync(join(folder, "ca.pem")),
    disableReverseLookup: true,
    authOptional: true,
    onData(stream, session, done) {
      let text = "";
      stream.on("data", (bytes: Buffer) => (text += bytes.toString("utf8")));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({ from: mailFrom === false ? "" : mailFrom.address, to: rcptTo.map((each) => each.address), text });
        done();
      });
    },
    ...options,
  });
  server.on("error", () => undefined);
  running.push(server);
  const port = await new Promise<number>((done) => {
    const listening = server.listen(0, "127.0.0.1", () => {
      const address = listening.address();
      done(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  return { port, mails, server };
}

const FILE = (create = "", more = ""): string => `
connector: mail
protocol: smtp
settings: { server: { required: true }, sender: { default: "Orders <orders@example.com>" } }
secrets: { user: {}, password: {} }
base_url: "{{ settings.server }}"
smtp: { ca: ./ca.pem }
${more}
objects:
  notice:
    create:
      from: "{{ settings.sender }}"
      to: "{{ record.name }} <{{ record.email }}>"
      subject: "Order {{ record.number }}"
      text: "Dear {{ record.name }},\\n{{ $string(record.total) }} is due."
      html: "<p>{{ record.number }}</p>"
      ${create}
`;

function compile(text: string): CompiledConnector {
  const file = connectorFileSchema.parse(parse(text));
  return compileConnector(file, { expressions, protocols: {}, direct: { smtp: smtpProtocol }, folder, today: TODAY });
}

async function open(
  port: number,
  {
    text = FILE(),
    scheme = "smtp",
    secrets = {},
    allowPrivate = true,
  }: { text?: string; scheme?: string; secrets?: Record<string, string>; allowPrivate?: boolean } = {},
): Promise<System> {
  const { connector, problems } = compile(text);
  if (connector === null) throw new Error(JSON.stringify(problems, null, 1));
  const system = await connector.open({
    name: "mail",
    settings: { server: `${scheme}://localhost:${String(port)}` },
    secrets: new Map(Object.entries(secrets).map(([name, value]) => [name, new Secret(value)])),
    limits: {},
    allowPrivate,
    observer: { called: () => undefined, waited: () => undefined },
    clock: { now: () => TODAY, sleep: () => Promise.resolve() },
    log: { warn: () => undefined, debug: () => undefined },
    version: "0.0.0",
    resolve: (_, answer) => {
      answer(null, [{ address: "127.0.0.1", family: 4 }]);
    },
  });
  systems.push(system);
  return system;
}

const ADA: Fields = { name: "Ada Lovelace", email: "ada@example.com", number: "7", total: 12.5 };

async function send(system: System, record: Fields = ADA, key = "k") {
  const [made] = await system.object("notice", []).create([{ key, record }]);
  return made;
}

describe("a message", () => {
  test("goes out over STARTTLS with what the templates say, and a Message-ID that is the same for the same key", async () => {
    const server = await serve();
    const system = await open(server.port);

    const first = valueOf(await send(system));
    const second = valueOf(await send(system));
    const other = valueOf(await send(system, ADA, "k2"));

    expect(first.id).toBe(second.id);
    expect(other.id).not.toBe(first.id);
    expect(first.id).toMatch(/^[0-9a-f]{32}@example\.com$/);
    const [mail] = server.mails;
    expect(mail?.from).toBe("orders@example.com");
    expect(mail?.to).toEqual(["ada@example.com"]);
    expect(mail?.text).toContain(`Message-ID: <${first.id}>`);
    expect(mail?.text).toContain("Subject: Order 7");
    expect(mail?.text).toContain("To: Ada Lovelace <ada@example.com>");
    expect(mail?.text).toContain("12.5 is due.");
  });

  test("goes out over TLS from the start, logged in", async () => {
    const server = await serve({
      secure: true,
      authOptional: false,
      onAuth(auth, _, done) {
        if (auth.username === "u" && auth.password === "right horse") done(null, { user: "u" });
        else done(new Error("no"));
      },
    });
    const text = FILE("", "auth: { scheme: basic, username: user, password: password }");

    const good = await open(server.port, { text, scheme: "smtps", secrets: { user: "u", password: "right horse" } });
    const bad = await open(server.port, { text, scheme: "smtps", secrets: { user: "u", password: "wrong horse" } });

    expect(await good.probe()).toEqual({ ok: true, value: null });
    expect(valueOf(await send(good)).version).toBeNull();
    expect(failureOf(await send(bad)).kind).toBe("auth");
    expect(server.mails).toHaveLength(1);
  });

  test.each([
    ["a server that offers no TLS", { disabledCommands: ["STARTTLS"] }, FILE()],
    ["a certificate of nobody we know", {}, FILE().replace("smtp: { ca: ./ca.pem }", "")],
  ])("is not sent to %s", async (_, options, text) => {
    const server = await serve(options);

    expect(failureOf(await send(await open(server.port, { text }))).kind).toBe("unreachable");

    expect(server.mails).toEqual([]);
  });

  test("is not sent where an address in the house is not allowed", async () => {
    const server = await serve();

    expect(failureOf(await send(await open(server.port, { allowPrivate: false })))).toMatchObject({
      kind: "unreachable",
      code: "E_SSRF_BLOCKED",
    });
  });
});

describe("values of a record", () => {
  test.each([
    ["a header in the subject", { number: "7\r\nBcc: eve@example.com" }, "E_MAIL_HEADER"],
    ["a header in the address", { email: "ada@example.com>\nBcc: eve@example.com" }, "E_MAIL_HEADER"],
    ["a second recipient", { email: "ada@example.com>, <eve@example.com" }, "E_MAIL_ADDRESS"],
    ["no address", { email: "ada" }, "E_MAIL_ADDRESS"],
    ["no recipient at all", { email: null, name: null }, "E_MAIL_ADDRESS"],
  ])("cannot put in %s", async (_, change, code) => {
    const server = await serve();

    expect(failureOf(await send(await open(server.port), { ...ADA, ...change }))).toMatchObject({
      kind: "rejected",
      code,
    });

    expect(server.mails).toEqual([]);
  });

  test("cannot put in markup, and what looks like a path stays text", async () => {
    const server = await serve();

    valueOf(await send(await open(server.port), { ...ADA, number: '<img src="x">' }));

    expect(server.mails[0]?.text).toContain("<p>&lt;img src");
    expect(server.mails[0]?.text).not.toContain("<p><img");
  });
});

describe("what became of it", () => {
  test.each([
    [
      "a recipient that is refused",
      { onRcptTo: refuse(550, "nobody of that name") },
      { kind: "rejected", code: "SMTP_550" },
    ],
    ["greylisting", { onRcptTo: refuse(451, "try again later") }, { kind: "throttled" }],
    ["a text that is refused", { onData: refuseData(554) }, { kind: "rejected", code: "SMTP_554" }],
  ])("%s", async (_, options, expected) => {
    const server = await serve(options);

    expect(failureOf(await send(await open(server.port)))).toMatchObject(expected);
  });

  test("a line that breaks off after the text has gone is unknown; nothing is sent again by itself", async () => {
    let taken = 0;
    const sockets = new Set<Socket>();
    const server = await serve({
      onData(stream) {
        stream.resume();
        stream.on("end", () => {
          taken += 1;
          for (const socket of sockets) socket.destroy();
        });
      },
    });
    server.server.server.on("connection", (socket: Socket) => sockets.add(socket));

    expect(failureOf(await send(await open(server.port))).kind).toBe("unknown");

    expect(taken).toBe(1);
  });

  test("a line that breaks off before the text was asked for is unreachable: it was certainly not sent", async () => {
    const sockets = new Set<Socket>();
    const server = await serve({
      onRcptTo() {
        for (const socket of sockets) socket.destroy();
      },
    });
    server.server.server.on("connection", (socket: Socket) => sockets.add(socket));

    expect(failureOf(await send(await open(server.port))).kind).toBe("unreachable");
  });

  test("a refused record of several leaves the others", async () => {
    const server = await serve();
    const system = await open(server.port);

    const made = await system.object("notice", []).create([
      { key: "a", record: { ...ADA, email: "x" } },
      { key: "b", record: ADA },
    ]);

    expect(made.map((each) => each.ok)).toEqual([false, true]);
    expect(server.mails).toHaveLength(1);
  });
});

function refuse(responseCode: number, message: string): NonNullable<SMTPServerOptions["onRcptTo"]> {
  return (_address, _session, done) => {
    done(Object.assign(new Error(message), { responseCode }));
  };
}

function refuseData(responseCode: number): NonNullable<SMTPServerOptions["onData"]> {
  return (stream, _session, done) => {
    stream.resume();
    stream.on("end", () => {
      done(Object.assign(new Error("spam"), { responseCode }));
    });
  };
}

describe("the connector file", () => {
  const codes = (text: string): readonly string[] => compile(text).problems.map((found) => found.code);
  const file = (objects: string, base = 'base_url: "smtp://mail.example.com"'): string =>
    `connector: m\nprotocol: smtp\n${base}\nobjects: { a: ${objects} }\n`;
  const GOOD = "{ create: { from: a@b.c, to: '{{ record.e }}', subject: s, text: t } }";

  test.each([
    ["is good", file(GOOD), []],
    ["has no server", file(GOOD, ""), ["E_MISSING"]],
    ["has a password in the address", file(GOOD, 'base_url: "smtp://u:p@mail.example.com"'), ["E_URL"]],
    ["speaks something else", file(GOOD, 'base_url: "https://mail.example.com"'), ["E_URL"]],
    ["lists", file("{ create: { from: a@b.c, to: x, subject: s, text: t }, list: {} }"), ["E_UNKNOWN_KEY"]],
    ["says nothing", file("{ create: { from: a@b.c, to: x, subject: s } }"), ["E_MISSING"]],
    ["sends to nobody", file("{ create: { from: a@b.c, subject: s, text: t } }"), ["E_MISSING"]],
    [
      "names what is not there",
      file("{ create: { from: a@b.c, to: '{{ recrod.e }}', subject: s, text: t } }"),
      ["E_EXPR_NAME"],
    ],
    [
      "makes a request",
      file("{ create: { request: POST /x, from: a@b.c, to: x, subject: s, text: t } }"),
      ["E_UNKNOWN_KEY"],
    ],
  ])("that %s", (_, text, expected) => {
    expect(codes(text)).toEqual(expected);
  });

  test("an account in the clear over the open network is refused", async () => {
    const { connector } = compile(`${file(GOOD)}smtp: { tls: none }\n`);
    const check = async (allowPrivate: boolean) =>
      ((await connector?.checkAccount({ settings: {}, secrets: [], limits: {}, allowPrivate })) ?? []).map(
        (found) => found.code,
      );

    expect(await check(false)).toEqual(["E_TLS"]);
    expect(await check(true)).toEqual([]);
  });
});
