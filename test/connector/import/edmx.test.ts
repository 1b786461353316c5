import { expect, test } from "@jest/globals";
import { importEdmx } from "../../../src/connector/import/edmx.ts";
import { notesOf } from "./drafts.ts";

const METADATA = `<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
  <Schema Namespace="NS" Alias="Self" xmlns="http://docs.oasis-open.org/odata/ns/edm">
    <EntityType Name="Base"><Key><PropertyRef Name="id"/></Key><Property Name="id" Type="Edm.Guid"/></EntityType>
    <EntityType Name="customer" BaseType="NS.Base">
      <Property Name="number" Type="Edm.String"/><Property Name="balance" Type="Edm.Decimal"/>
      <Property Name="lastModifiedDateTime" Type="Edm.DateTimeOffset"/>
    </EntityType>
    <EntityType Name="line">
      <Key><PropertyRef Name="order"/><PropertyRef Name="no"/></Key><Property Name="no" Type="Edm.Int64"/>
    </EntityType>
    <EntityContainer Name="C">
      <EntitySet Name="customers" EntityType="Self.customer"/><EntitySet Name="lines" EntityType="NS.line"/>
    </EntityContainer>
  </Schema></edmx:DataServices></edmx:Edmx>`;

test("each entity set becomes an object with its key, of whatever type it is inherited, and its exact types", () => {
  const { file } = importEdmx(METADATA, "bc", ["customer"]);

  expect(file["protocol"]).toBe("odata");
  expect(file["objects"]).toEqual({
    customer: {
      entity_set: "customers",
      id: "id",
      modified: "lastModifiedDateTime",
      natural_keys: ["number"],
      fields: { balance: { type: "decimal" }, lastModifiedDateTime: { type: "datetime" } },
    },
  });
});

test("a key of several fields is marked, because an id is one", () => {
  expect(notesOf(importEdmx(METADATA, "bc", ["line"]))).toContain(
    "objects.line.id: the key is order and no together; an id is one field",
  );
});

test.each([
  ["<a>", "the metadata is not XML"],
  ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document types are not accepted"],
  ["<a/>", "it has no entity set"],
])("%s is refused with the reason", (text, reason) => {
  expect(() => importEdmx(text, "x", [])).toThrow(reason);
});
