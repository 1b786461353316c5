// A pair between a folder of files and a plain server: first link, edits both ways, deletions, a half-written file, a restart.

import { afterEach, describe, expect, test } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "csv-parse/sync";
import { plainConnector } from "./pair.ts";
import { scenarios, type Said, type Scenario } from "./scenario.ts";

const all = scenarios();

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "syncline-pair-"));
  folders.push(folder);
  return folder;
}

const filesConnector = (keys: string): string => `
connector: right
protocol: files
settings: { base_url: {} }
objects:
  thing:
    ${keys.trim().split("\n").join("\n    ")}
`;

const snapshot = (folder: string): string =>
  filesConnector(`
at: "${folder}"
glob: things.csv
format: { csv: { columns: [id, email, name] } }
natural_keys: [email]
fields: { email: {}, name: {} }`);

interface Row {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

const rowsOf = (path: string): readonly Row[] =>
  existsSync(path) ? (parse(readFileSync(path, "utf8"), { columns: true }) as unknown as Row[]) : [];
const put = (path: string, rows: readonly Row[], end = "\n"): void => {
  writeFileSync(path, ["id,email,name", ...rows.map((row) => `${row.id},${row.email},${row.name}`)].join("\n") + end);
};

const namesOf = (s: Scenario): readonly string[] =>
  s
    .shown("a")
    .map((row) => String(row["name"]))
    .toSorted();

const SAID: Said = { entity: "when_gone: { a: delete, b: delete }", pair: "guards: { empty: refuse }" };

describe("a snapshot file", () => {
  const start = async (): Promise<{ readonly s: Scenario; readonly path: string }> => {
    const folder = newFolder();
    const s = await all.start({ ...SAID, rightConnector: snapshot(folder) });
    return { s, path: join(folder, "things.csv") };
  };

  test("is linked, kept in step both ways, and over a restart", async () => {
    const { s, path } = await start();
    put(path, [
      { id: "007", email: "bob@example.com", name: "Bob" },
      { id: "008", email: "eve@example.com", name: "Eve" },
    ]);
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    const bob = s.a.put("thing", { email: "bob@example.com", name: "Bob" });

    await s.swept();
    expect(rowsOf(path).map(({ name }) => name)).toEqual(["Bob", "Eve", "Ada"]);
    expect(s.shown("a").map((row) => row["name"])).toEqual(["Ada", "Bob", "Eve"]);
    expect((await s.links()).map(([, right]) => right)).toContain("007");
    await s.expectQuiet();

    s.a.edit("thing", bob.id, { name: "Robert" });
    put(
      path,
      rowsOf(path).map((row) => (row.id === "008" ? { ...row, name: "Evelyn" } : row)),
    );
    expect(await s.changes()).toMatchObject({ outcome: "ok" });
    expect(rowsOf(path).map(({ name }) => name)).toEqual(["Robert", "Evelyn", "Ada"]);
    expect(s.shown("a").map((row) => row["name"])).toEqual(["Ada", "Robert", "Evelyn"]);

    const again = await s.says({ ...SAID, rightConnector: snapshot(dirname(path)) });
    await again.expectQuiet();
    expect(await again.cases()).toEqual([]);
  });

  test("carries deletions both ways", async () => {
    const { s, path } = await start();
    const ada = s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    s.a.put("thing", { email: "bob@example.com", name: "Bob" });
    s.a.put("thing", { email: "eve@example.com", name: "Eve" });
    await s.swept();

    s.a.table("thing").delete(ada.id);
    put(
      path,
      rowsOf(path).filter((row) => row.name !== "Bob"),
    );
    await s.swept();

    expect(rowsOf(path).map(({ name }) => name)).toEqual(["Eve"]);
    expect(s.shown("a").map((row) => row["name"])).toEqual(["Eve"]);
    await s.expectQuiet();
  });

  test("that is cut, ragged or gone deletes nothing, and the next whole one goes on", async () => {
    const { s, path } = await start();
    for (const name of ["Ada", "Bob", "Eve"]) s.a.put("thing", { email: `${name.toLowerCase()}@example.com`, name });
    await s.swept();
    const whole = readFileSync(path, "utf8");

    writeFileSync(path, whole.slice(0, whole.lastIndexOf(",")));
    expect(await s.sweep()).toMatchObject({ outcome: "halted", reason: "listing-incomplete" });
    expect(await s.changes()).toMatchObject({ outcome: "halted" });
    writeFileSync(path, whole.replace(/^(.*)Bob$/m, "$1Bob,,,"));
    await s.sweep();
    rmSync(path);
    expect(await s.sweep()).toMatchObject({ outcome: "halted", reason: "empty-side" });
    expect(s.shown("a")).toHaveLength(3);

    writeFileSync(path, whole.replace("Bob", "Robert"));
    await s.swept();
    expect(namesOf(s)).toEqual(["Ada", "Eve", "Robert"]);
    await s.expectQuiet();
  });
});

describe("files of changes", () => {
  test("are read one after the other, moved away, and written as new files", async () => {
    const folder = newFolder();
    const keys = `at: "${folder}"\nglob: t-*.csv\nmeans: changes\nformat: { csv: { columns: [id, email, name, op] } }\nnatural_keys: [email]\ndeleted: op\ndeleted_is: D\nafter: { move_to: done }\nfields: { email: {}, name: {} }`;
    const s = await all.start({
      ...SAID,
      leftConnector: plainConnector("left", ["thing"], { find: "email" }),
      rightConnector: filesConnector(keys),
    });
    writeFileSync(join(folder, "t-1.csv"), "id,email,name,op\n1,bob@example.com,Bob,\n2,eve@example.com,Eve,\n");
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });

    await s.swept();
    expect(s.shown("a").map((row) => row["name"])).toEqual(["Ada", "Bob", "Eve"]);
    expect(readdirSync(folder).filter((name) => name.endsWith(".csv"))).toHaveLength(2);

    writeFileSync(
      join(folder, "t-99999999T.csv"),
      "id,email,name,op\n1,bob@example.com,Robert,\n2,eve@example.com,Eve,D\n",
    );
    expect(await s.changes()).toMatchObject({ outcome: "ok" });
    await s.sweep();

    expect(namesOf(s)).toEqual(["Ada", "Robert"]);
    await s.changes();
    await s.expectQuiet();
    expect(readdirSync(join(folder, "done"))).toContain("t-1.csv");
  });
});
