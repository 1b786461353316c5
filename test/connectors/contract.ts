// Runs every operation of a shipped connector against a local server that keeps what it was asked, and judges each request by the
// vendor's own description. The server answers as the description says an answer looks; what matters is what is sent.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Fields } from "../../src/core/value.ts";
import type { SystemObject } from "../../src/connector/contract.ts";
import {
  closeExpressionsAfterwards,
  closeSystemsAfterwards,
  compiled,
  id,
  open,
  readAll,
} from "../connector/opened.ts";
import { startRemote, type Answering, type Asked, type Remote } from "../connector/remote.ts";
import { judgeBy, type Description, type Judge } from "./openapi.ts";

export interface Vendor {
  /** File below connectors/. */
  readonly connector: string;
  /** File below ../shared/specs. */
  readonly description: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Objects of the connector and what is written to them: decoded fields of a create, and of an update. */
  readonly objects: Readonly<
    Record<
      string,
      { readonly record?: Fields; readonly changed?: Fields; readonly key?: readonly Fields[]; readonly unpaged?: true }
    >
  >;
  readonly cursor: string;
  /** Answer to a request about this object; the token endpoint is answered already. */
  answer(asked: Asked, object: string): Answering;
  /** Operations of the description that must have been asked, each at least once. */
  readonly operations: readonly string[];
}

const SPECS = fileURLToPath(new URL("../../../shared/specs/", import.meta.url));
const CONNECTORS = fileURLToPath(new URL("../../connectors/", import.meta.url));

export function vendorContract(vendor: Vendor): void {
  const path = SPECS + vendor.description;
  if (!existsSync(path)) {
    test.skip(`the vendor's description is not here (../shared/specs/${vendor.description}): nothing was judged`, () =>
      undefined);
    return;
  }
  closeExpressionsAfterwards();
  closeSystemsAfterwards();
  const text = readFileSync(CONNECTORS + vendor.connector, "utf8");
  const description = JSON.parse(readFileSync(path, "utf8")) as Description;
  const judge = judgeBy(description);
  const all: Asked[] = [];
  let remote: Remote;
  beforeAll(async () => {
    remote = await startRemote();
  });
  afterAll(() => remote.close());

  const objectNames = Object.keys(vendor.objects);

  test("every object of the connector is tried here", () => {
    expect(objectNames.toSorted()).toEqual([...compiled(text).objects].toSorted());
  });

  describe.each(objectNames)("the requests of %s are as the vendor describes them", (name) => {
    test.each(["list", "get", "find", "changes", "create", "update", "delete"] as const)("%s", async (operation) => {
      const before = remote.asked.length;
      remote.handle((asked) =>
        asked.path === "/token"
          ? { body: { access_token: "access", token_type: "Bearer", expires_in: 1800 } }
          : vendor.answer(asked, name),
      );
      const { base_url = "", ...settings } = vendor.settings;
      const { system } = await open(text, remote.origin + base_url, {
        settings: { ...settings, ...("token_url" in settings ? { token_url: `${remote.origin}/token` } : {}) },
        secrets: vendor.secrets,
      });
      const failures = await perform(system.object(name, []), operation, vendor, name);

      const asked = remote.asked.slice(before).filter((each) => each.path !== "/token");
      all.push(...asked);
      expect(failures).toEqual([]);
      expect(
        asked.flatMap((each) => judge.faults(each).map((fault) => `${each.method} ${each.url}: ${fault}`)),
      ).toEqual([]);
    });
  });

  test("nothing was left out", () => {
    const asked = new Set(all.flatMap((each) => judge.operations(each)));

    expect(vendor.operations.filter((operation) => !asked.has(operation))).toEqual([]);
  });

  describe("the judge sees", () => {
    test.each<[string, (asked: Asked) => Asked]>([
      [
        "a parameter that is not described",
        (asked) => ({ ...asked, url: `${asked.url}${asked.url.includes("?") ? "&" : "?"}limti=1` }),
      ],
      ["missing credentials", (asked) => ({ ...asked, headers: { ...asked.headers, authorization: undefined } })],
      ["another path", (asked) => ({ ...asked, url: asked.url.replace(/^[^?]*/, "$&/x/y/z") })],
    ])("%s", (_, spoil) => {
      expect(faultsOfSpoilt(judge, all, spoil)).not.toContain(0);
    });

    test("a property that is not described", () => {
      const written = all.filter((asked) => asked.body !== "");
      const spoil = (asked: Asked): Asked => ({
        ...asked,
        body: asked.body.startsWith("{") ? asked.body.replace("{", '{"Emial":1,') : `${asked.body}&emial=1`,
      });

      expect(written.length).toBeGreaterThan(0);
      expect(faultsOfSpoilt(judge, written, spoil)).not.toContain(0);
    });
  });
}

function faultsOfSpoilt(judge: Judge, all: readonly Asked[], spoil: (asked: Asked) => Asked): readonly number[] {
  return all.map((asked) => judge.faults(spoil(asked)).length);
}

/** What went wrong, in words; two of each where there are batches, so that they are used. */
async function perform(
  object: SystemObject,
  operation: "list" | "get" | "find" | "changes" | "create" | "update" | "delete",
  vendor: Vendor,
  name: string,
): Promise<readonly string[]> {
  const { capabilities: can } = object;
  const { record = {}, changed = {}, key = [] } = vendor.objects[name] ?? {};
  const told = (results: readonly { readonly ok: boolean }[]): readonly string[] =>
    results.filter((result) => !result.ok).map((result) => JSON.stringify(result));
  const ids = [id("one"), id("two")];
  switch (operation) {
    case "list": {
      if (!can.list) return [];
      const { records, pages, failure } = await readAll(object.list());
      if (failure !== null) return [JSON.stringify(failure)];
      const enough = vendor.objects[name]?.unpaged === true || pages.length >= 2;
      return records.length === 3 && enough ? [] : [`${String(records.length)} records of 3 were listed`];
    }
    case "get":
      return can.get ? told(await object.get(ids)) : [];
    case "find":
      if (can.findBy.length !== key.length)
        return [`${String(can.findBy.length)} ways to find, ${String(key.length)} tried`];
      return told(await Promise.all(key.map((each) => object.find(each))));
    case "changes": {
      if (can.changes === null) return [];
      const { failure } = await readAll(object.changes(vendor.cursor));
      return failure === null ? [] : [JSON.stringify(failure)];
    }
    case "create":
      return can.create === null ? [] : told(await object.create(ids.map((each) => ({ key: `key-${each}`, record }))));
    case "update": {
      if (can.update === null) return [];
      const current = can.update.needsCurrent ? await object.get(ids) : [];
      const calls = ids.map((each, at) => {
        const read = current[at];
        return { key: `key-${each}`, id: each, version: null, changed, current: read?.ok === true ? read.value : null };
      });
      return [...told(await object.update(calls)), ...told(await object.update(calls.slice(0, 1)))];
    }
    case "delete":
      return can.delete === null
        ? []
        : told(await object.delete(ids.map((each) => ({ key: `key-${each}`, id: each, version: null }))));
  }
}
