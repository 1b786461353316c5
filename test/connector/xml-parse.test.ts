// XML bytes in, elements or a coded refusal out: what must not be believed, and what must come through unchanged.

import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { attribute, childElements, childNamed, nameIn, textOf } from "../../src/connector/xml/element.ts";
import { parseXml, type XmlOptions } from "../../src/connector/xml/parse.ts";
import { escapeAttribute, escapeText, illegalCharacter } from "../../src/connector/xml/text.ts";
import { xmlValue } from "../../src/connector/xml/value.ts";

function refusal(text: string | Uint8Array, options: XmlOptions = {}): string {
  const parsed = parseXml(typeof text === "string" ? Buffer.from(text) : text, options);
  return parsed.ok ? "accepted" : parsed.code;
}

function read(text: string | Uint8Array, options: XmlOptions = {}) {
  const parsed = parseXml(typeof text === "string" ? Buffer.from(text) : text, options);
  if (!parsed.ok) throw new Error(`${parsed.code}: ${parsed.message}`);
  return parsed.root;
}

const value = (text: string, lists: string[] = []) => xmlValue(read(text), new Set(lists));

describe("what is refused", () => {
  test.each([
    ["a document type", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "E_XML_DOCTYPE"],
    ["an HTML page", "<!doctype html><html><body>Bad gateway</body></html>", "E_XML_DOCTYPE"],
    ["a document type after comments", "<?xml version='1.0'?><!-- c --> <!DOCTYPE a><a/>", "E_XML_DOCTYPE"],
    ["a cut answer", "<list><item>1</item><item>2</item>", "E_XML_MALFORMED"],
    ["a cut tag", "<list><item>1</item", "E_XML_MALFORMED"],
    ["a cut comment", "<a><!-- ", "E_XML_MALFORMED"],
    ["a cut CDATA section", "<a><![CDATA[x]]</a>", "E_XML_MALFORMED"],
    ["mis-nested elements", "<a><b><c></b></c></a>", "E_XML_MALFORMED"],
    ["two roots", "<a/><b/>", "E_XML_MALFORMED"],
    ["text after the root", "<a/>and more", "E_XML_MALFORMED"],
    ["nothing", "", "E_XML_MALFORMED"],
    ["JSON", '{"a":1}', "E_XML_MALFORMED"],
    ["a doubled attribute", "<a b='1' b='2'/>", "E_XML_MALFORMED"],
    ["an unknown entity", "<a>&nbsp;</a>", "E_XML_MALFORMED"],
    ["a bare ampersand", "<a>R & D</a>", "E_XML_MALFORMED"],
    ["an undeclared prefix", "<a><x:b/></a>", "E_XML_MALFORMED"],
    ["an undeclared prefix of an attribute", "<a x:b='1'/>", "E_XML_MALFORMED"],
    ["a control character", "<a>\u0001</a>", "E_XML_MALFORMED"],
    ["a reference to a control character", "<a>&#1;</a>", "E_XML_MALFORMED"],
    ["a reference beyond Unicode", "<a>&#x110000;</a>", "E_XML_MALFORMED"],
    ["a name that would touch a prototype", "<a><__proto__><b/></__proto__></a>", "E_XML_MALFORMED"],
    ["another declaration", "<a><!ELEMENT b></a>", "E_XML_MALFORMED"],
  ])("%s", (_, text, code) => {
    expect(refusal(text)).toBe(code);
  });

  test("what is larger or deeper than allowed", () => {
    const deep = "<a>".repeat(300) + "</a>".repeat(300);

    expect(refusal("<a>12345</a>", { bytesMax: 11 })).toBe("E_LIMIT");
    expect(refusal(deep)).not.toBe("accepted");
    expect(refusal(deep, { depthMax: 301 })).toBe("accepted");
  });

  test("a cut at any byte of an answer, rather than read as a shorter list", () => {
    const whole = Buffer.from(
      '<?xml version="1.0"?><l xmlns="urn:x"><i a="1">Müller</i><i><![CDATA[<x>]]></i><!-- e --></l>',
    );

    for (let length = 0; length < whole.length; length += 1) {
      expect([length, refusal(whole.subarray(0, length))]).not.toEqual([length, "accepted"]);
    }
    expect(refusal(whole)).toBe("accepted");
  });

  test("thousands of unclosed openings, quickly", () => {
    for (const opening of ["<!--", "<![CDATA[", "<?x ", "<a>", "&#", "<a b='"]) {
      expect(refusal(`<r>${opening.repeat(50_000)}`)).not.toBe("accepted");
    }
  });
});

describe("encodings", () => {
  test("UTF-8 is the default, with or without its mark", () => {
    expect(textOf(read("<a>Müller €</a>"))).toBe("Müller €");
    expect(textOf(read("\ufeff<a>Müller</a>"))).toBe("Müller");
  });

  test("a declared encoding is followed", () => {
    const latin = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>Müller</a>', "latin1");
    const windows = Buffer.concat([
      Buffer.from("<?xml version='1.0' encoding='windows-1252'?><a>"),
      Buffer.from([0x80]),
      Buffer.from("</a>"),
    ]);

    expect(textOf(read(latin))).toBe("Müller");
    expect(textOf(read(windows))).toBe("€");
  });

  test("UTF-16 is known by its mark or its first bytes", () => {
    const plain = '<?xml version="1.0" encoding="UTF-16"?><a>Müller</a>';

    expect(textOf(read(Buffer.from(`\ufeff${plain}`, "utf16le")))).toBe("Müller");
    expect(textOf(read(Buffer.from(`\ufeff${plain}`, "utf16le").swap16()))).toBe("Müller");
    expect(textOf(read(Buffer.from(plain, "utf16le")))).toBe("Müller");
  });

  test("the transport's charset goes before the declaration", () => {
    const bytes = Buffer.from('<?xml version="1.0" encoding="UTF-8"?><a>ü</a>', "latin1");

    expect(textOf(read(bytes, { charset: "ISO-8859-1" }))).toBe("ü");
  });

  test("bytes that do not fit, and encodings nobody knows, are refused rather than guessed", () => {
    expect(refusal(Buffer.from("<a>M\xfcller</a>", "latin1"))).toBe("E_ENCODING");
    expect(refusal('<?xml version="1.0" encoding="x-nothing"?><a/>')).toBe("E_ENCODING");
    expect(refusal(Buffer.from('<?xml version="1.0" encoding="us-ascii"?><a>\xfc</a>', "latin1"))).toBe("E_ENCODING");
  });
});

describe("what comes through", () => {
  test("texts are exact: leading zeros, blanks, exponents, truth words, entities, CDATA", () => {
    const root = read(
      "<r><a>00123</a><a> x </a><a>1e5</a><a>true</a><a>a &amp; b &lt;c&gt; &#8364;&#x20AC;</a><a>x<![CDATA[<&amp;]]>y</a><a>line 1\r\nline 2</a></r>",
    );

    expect(childElements(root).map(textOf)).toEqual([
      "00123",
      " x ",
      "1e5",
      "true",
      "a & b <c> €€",
      "x<&amp;y",
      "line 1\nline 2",
    ]);
  });

  test("text and elements keep their order", () => {
    const shown = read("<a>x<b/>y<![CDATA[z]]><c/></a>").children.map((child) =>
      typeof child === "string" ? child : child.local,
    );

    expect(shown).toEqual(["x", "b", "yz", "c"]);
  });

  test("names are namespaces, not prefixes", () => {
    const first = read('<s:r xmlns:s="urn:s" xmlns="urn:d"><name s:k="1">Ada</name></s:r>');
    const second = read('<r xmlns="urn:s" xmlns:q="urn:s"><d:name xmlns:d="urn:d" q:k="1">Ada</d:name></r>');

    for (const root of [first, second]) {
      expect([root.namespace, root.local]).toEqual(["urn:s", "r"]);
      const name = childNamed(root, "urn:d", "name");
      expect(name === null ? null : [textOf(name), attribute(name, "k", "urn:s")]).toEqual(["Ada", "1"]);
    }
  });

  test("a prefix may mean something else further down, and names in values know it", () => {
    const root = read('<a xmlns:p="urn:1"><b xmlns:p="urn:2" t="p:x"/><c t="p:x"/></a>');

    expect(childElements(root).map((child) => nameIn(child, attribute(child, "t") ?? "")?.namespace)).toEqual([
      "urn:2",
      "urn:1",
    ]);
  });

  test("<!DOCTYPE as a mere text of a record", () => {
    expect(value("<a><![CDATA[<!DOCTYPE html>]]></a>")).toBe("<!DOCTYPE html>");
    expect(value("<a><!-- <!DOCTYPE x> -->ok</a>")).toBe("ok");
  });

  test("any text and any attribute, written and read back, is the same", () => {
    const legal = fc.string({ unit: "grapheme" }).filter((text) => illegalCharacter(text) === null);

    fc.assert(
      fc.property(legal, (text) => {
        const root = read(`<a b="${escapeAttribute(text)}">${escapeText(text)}</a>`);
        expect([textOf(root), attribute(root, "b")]).toEqual([text, text]);
      }),
    );
  });
});

describe("values without a schema", () => {
  test("empty, nil and absent are three things", () => {
    const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

    expect(value(`<r ${xsi}><a/><b xsi:nil="true"/><c xsi:nil="1"/></r>`)).toEqual({ a: "", b: null, c: null });
  });

  test("one or many: a repeated element is a list, and a single one where the caller says so", () => {
    expect(value("<r><i>1</i><i>2</i></r>")).toEqual({ i: ["1", "2"] });
    expect(value("<r><i>1</i></r>")).toEqual({ i: "1" });
    expect(value("<r><i>1</i></r>", ["i"])).toEqual({ i: ["1"] });
  });

  test("white space between elements is layout, but not in a text", () => {
    expect(value("<r>\n  <a> x </a>\n</r>")).toEqual({ a: " x " });
    expect(value("<r>  </r>")).toBe("  ");
  });

  test("attributes stand beside the text", () => {
    expect(value('<amount currency="EUR">19.90</amount>')).toEqual({ "@currency": "EUR", "#text": "19.90" });
  });

  test("names of Object's own functions are names like any other", () => {
    expect(value("<r><valueOf>1</valueOf><keys>2</keys></r>")).toEqual({ valueOf: "1", keys: "2" });
  });
});
