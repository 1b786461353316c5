// YAML as bytes: what cannot stand in a text file of the corpus, and the places of what can be read.

import { describe, expect, test } from "@jest/globals";

import { readYaml } from "../../src/config/yaml-file.ts";
import { told } from "./projects.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const BOMB = [
  "a: &a [x,x,x,x,x,x,x,x,x]",
  ...["b", "c", "d", "e", "f", "g", "h"].map(
    (name, index) =>
      `${name}: &${name} [${Array(9)
        .fill(`*${"abcdefg"[index] ?? ""}`)
        .join(",")}]`,
  ),
].join("\n");

describe("what is no YAML file of a person is E_PARSE with its place", () => {
  test.each<readonly [string, Uint8Array, string]>([
    ["a byte order mark", bytes("\uFEFFa: 1"), "1:1"],
    ["UTF-16", Uint8Array.of(0xff, 0xfe, 0x61, 0), "1:1"],
    ["a byte that is not UTF-8", Uint8Array.of(0x61, 0x3a, 0x20, 0x78, 0x0a, 0x62, 0xfc), "2:2"],
    ["more than two mebibytes", bytes(`a: ${"x".repeat(2_200_000)}`), "1:1"],
    ["an alias bomb", bytes(BOMB), "2:8"],
    ["two hundred thousand brackets", bytes(`a: ${"[".repeat(200_000)}`), "1:204"],
    ["brackets over many lines", bytes("[\n".repeat(300)), "201:1"],
    ["lists in lists on one line", bytes(`a: 1\n${"- ".repeat(5000)}`), "2:1"],
    ["a list as a key", bytes("a: 1\n? [x]\n: y\n"), "2:3"],
  ])("%s", (_, found, place) => {
    const { problems, readable } = readYaml(found, "x.yaml");

    expect(readable).toBe(false);
    expect(told(problems)).toEqual([`E_PARSE ${place}`]);
    expect(problems[0]?.hint).not.toBeNull();
  });
});

test("a text the parser complains about is never quoted", () => {
  const { problems } = readYaml(bytes('token: "canary" canary canary\n'), "x.yaml");

  expect(problems).toHaveLength(1);
  expect(JSON.stringify(problems)).not.toContain("canary");
});

test("keys keep their text, whatever number or word they look like", () => {
  const { value } = readYaml(bytes("007: a\n1.0: b\nyes: c\ntrue: d\n"), "x.yaml");

  expect(value).toEqual({ "007": "a", "1.0": "b", yes: "c", true: "d" });
});

test("YAML is 1.2: yes, no, on and off are words, and 010 is ten", () => {
  expect(readYaml(bytes("a: yes\non: off\nb: 010\n"), "x.yaml").value).toEqual({ a: "yes", on: "off", b: 10 });
});

test("a number that a double cannot hold is refused where it stands", () => {
  const { problems } = readYaml(bytes("a:\n  - 0.1\n  - 0.12345678901234567890\n"), "x.yaml");

  expect(told(problems)).toEqual(["E_RANGE 3:5"]);
});

describe("places", () => {
  const file = readYaml(bytes("# first\na:\n  b: [x, { c: 1 }]\n  d:\nused: &e\n  f: 2\nagain: *e\n"), "x.yaml");

  test.each<readonly [readonly (string | number)[], "key" | "value", string]>([
    [["a"], "key", "2:1"],
    [["a"], "value", "3:3"],
    [["a", "b"], "key", "3:3"],
    [["a", "b"], "value", "3:6"],
    [["a", "b", 1, "c"], "key", "3:12"],
    [["a", "b", 1, "c"], "value", "3:15"],
    [["a", "d"], "value", "4:3"],
    [["a", "missing"], "value", "2:1"],
    [["a", "missing", "deeper"], "key", "2:1"],
    [["a", "b", 7], "value", "3:3"],
    [["again", "f"], "value", "6:6"],
    [["again"], "value", "7:8"],
    [[], "key", "1:1"],
  ])("%j on its %s is at %s", (path, on, place) => {
    const { line, column } = file.locate(path, on);

    expect(`${String(line)}:${String(column)}`).toBe(place);
  });
});
