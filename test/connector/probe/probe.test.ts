// A probe of real servers on real sockets: what an honest file claims is found as said, what another one claims is not.

import { mkdtemp, rm } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { connectorFileSchema } from "../../../src/connector/file.ts";
import { probeObject, type ProbeReport } from "../../../src/connector/probe/probe.ts";
import { marked, sampleOf } from "../../../src/connector/probe/sample.ts";
import type { Fields } from "../../../src/core/value.ts";
import { buildCrm } from "../../../src/sandbox/crm/server.ts";
import { startPlainServer, type PlainServer } from "../../engine/plain-server.ts";
import { closeExpressionsAfterwards, closeSystemsAfterwards, fileText, open } from "../opened.ts";

closeExpressionsAfterwards();
closeSystemsAfterwards();

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const OBJECT = `
objects:
  contact:
    version: updatedAt
    natural_keys: [email]
    list: { request: GET /contacts, items: items }
    get: { request: "GET /contacts/{{ id }}" }
    find: { by: [email], request: POST /contacts/search, body: { email: "{{ key.email }}" }, items: items }
    create: { request: POST /contacts, body: "{{ record }}", repeat: by-key }
    update: { request: "PATCH /contacts/{{ id }}", body: "{{ changed }}", guard: if-match }
    delete: { request: "DELETE /contacts/{{ id }}" }
`;

async function probed(server: PlainServer, record: Fields, text = OBJECT): Promise<ProbeReport> {
  const whole = fileText(text);
  const { system } = await open(whole, server.url, { allowPrivate: true });
  const file = connectorFileSchema.parse(parse(whole));
  let keys = 0;
  return probeObject({
    file,
    object: system.object("contact", []),
    sample: sampleOf(file, "contact", record, "a1b2c3"),
    key: () => `key-${String((keys += 1))}`,
    progress: () => undefined,
  });
}

async function plainServer(): Promise<PlainServer> {
  const server = await startPlainServer("c");
  closers.push(() => server.close());
  return server;
}

const measuredOf = ({ findings }: ProbeReport, tried: string): string | undefined => {
  const found = findings.find((each) => each.tried === tried);
  return found === undefined ? undefined : `${found.verdict}: ${found.measured}`;
};

const ADA = { id: "1", updatedAt: "7", email: "ada@example.com", name: "Ada Lovelace", note: null };

describe("a system that is as its file says", () => {
  test("has nothing to mend, and nothing is left in it", async () => {
    const server = await plainServer();
    server.unique.set("contacts", "email");
    server.put("contacts", { email: "ada@example.com", name: "Ada Lovelace" });

    const report = await probed(server, ADA);

    expect(report.findings.filter(({ verdict }) => verdict === "differs")).toEqual([]);
    expect(report.left).toEqual([]);
    expect([...server.table("contacts").values()].map(({ email }) => email)).toEqual(["ada@example.com"]);
    expect(measuredOf(report, "update with an old version")).toBe("as-said: refused as stale");
    expect(measuredOf(report, "the same create again with the same key")).toMatch(/^as-said/);
    expect(measuredOf(report, "a second record with the same keys")).toBe("as-said: refused as a duplicate");
  });

  test("the demo's CRM is one", async () => {
    const data = await mkdtemp(join(tmpdir(), "probe-crm-"));
    closers.push(async () => rm(data, { recursive: true }));
    const server = await buildCrm({
      data,
      seed: 1,
      now: Date.now,
      burst: 1000,
      token: "open sesame",
      webhook: null,
      lagMs: 0,
    });
    closers.push(async () => server.close());
    const url = await server.listen({ host: "127.0.0.1", port: 0 });
    const text = readFileSync(new URL("../../../connectors/sandbox-crm.yaml", import.meta.url), "utf8");
    const { system } = await open(text, url, {
      allowPrivate: true,
      settings: { base_url: url },
      secrets: { token: "open sesame", webhook_secret: "unused" },
    });
    const file = connectorFileSchema.parse(parse(text));
    let keys = 0;

    const report = await probeObject({
      file,
      object: system.object("contact", []),
      sample: sampleOf(
        file,
        "contact",
        { email: "ada@example.com", firstname: "Ada", lastname: "King Lovelace" },
        "a1b2c3",
      ),
      key: () => `key-${String((keys += 1))}`,
      progress: () => undefined,
    });

    expect(report.findings.filter(({ verdict }) => verdict === "differs")).toEqual([]);
    expect(report.left).toEqual([]);
  });
});

describe("a system that is not as its file says", () => {
  test("versions that are not honoured, keys that are forgotten: the patch says so", async () => {
    const server = await plainServer();
    server.faults.push({
      method: "PATCH",
      path: /contacts/,
      answer: (answered) => (answered.status === 412 ? { status: 200, body: {} } : answered),
      times: 100,
    });
    server.forgetsKeys = true;

    const report = await probed(server, ADA);

    expect(report.findings.flatMap(({ patch }) => patch ?? [])).toEqual([
      { path: ["update", "guard"], value: "read-compare" },
      { path: ["create", "repeat"], value: "unsafe" },
    ]);
    expect(measuredOf(report, "a second record with the same keys")).toMatch(/^note: was made/);
    expect(server.table("contacts").size).toBe(0);
  });

  test("what the system makes of values is told: trimmed, cut, not emptied by null", async () => {
    const server = await plainServer();
    server.normalise = (_, row) => {
      const name = row["name"];
      return { ...row, name: typeof name === "string" ? name.trim().slice(0, 40) : "Something" };
    };

    const report = await probed(server, ADA);

    expect(measuredOf(report, "spaces and letters in name")).toBe(
      'note: "  Two  spaces and Ümläute 😀 " is shown as "Two  spaces and Ümläute 😀"',
    );
    expect(measuredOf(report, "70000 characters in name")).toBe(
      "note: cut to 40 without a word; rules that write it should say as: { text: { cut: 40 } }",
    );
    expect(measuredOf(report, "null in name")).toBe("note: changes nothing: a field is not emptied this way");
  });

  test("a create that is refused ends the probe with what was said, and nothing was made", async () => {
    const server = await plainServer();
    server.faults.push({ method: "POST", path: /contacts/, answer: 422, times: 1 });

    const report = await probed(server, ADA);

    expect(report.findings).toHaveLength(1);
    expect(report.findings[0]?.measured).toMatch(/^refused: rejected.*--record/);
    expect(server.table("contacts").size).toBe(0);
  });

  test("what could not be deleted is named", async () => {
    const server = await plainServer();
    server.faults.push({ method: "DELETE", path: /contacts/, answer: 403, times: 100 });

    const report = await probed(server, ADA);

    expect(report.left).toHaveLength(server.table("contacts").size);
    expect(report.left.length).toBeGreaterThan(0);
  });
});

test.each([
  ["ada@example.com", "probe-a1b2c3@example.com"],
  ["4711", "9725"],
  ["Ada Ltd", "probe-a1b2c3"],
])("the mark keeps the form of %s", (value, expected) => {
  const found = marked(value, "a1b2c3");

  if (/^\d+$/.test(value)) expect(found).toMatch(/^[1-9]\d{3}$/);
  else expect(found).toBe(expected);
});
