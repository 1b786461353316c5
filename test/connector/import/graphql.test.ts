import { buildSchema, introspectionFromSchema } from "graphql";
import { describe, expect, test } from "@jest/globals";
import { importGraphql } from "../../../src/connector/import/graphql.ts";
import { accepted, notesOf } from "./drafts.ts";

const SHOP = `
type Query {
  customers(options: CustomerListOptions): CustomerList!
  customer(id: ID!): Customer
  orders(first: Int, after: String): OrderConnection!
  order(id: ID!): Order
  settings: Settings
}
input CustomerListOptions { skip: Int take: Int }
type CustomerList { items: [Customer!]! totalItems: Int! }
type Customer { id: ID! updatedAt: String! emailAddress: String! address: Address orders(first: Int!): OrderConnection! }
type Address { id: ID! street: String }
type OrderConnection { nodes: [Order!]! pageInfo: PageInfo! totalCount: Int! }
type PageInfo { endCursor: String hasNextPage: Boolean! }
type Order { id: ID! number: String! revision: Int }
type Settings { currency: String }
input CreateCustomerInput { emailAddress: String! }
input UpdateCustomerInput { id: ID! emailAddress: String }
union CreateCustomerResult = Customer | EmailConflict
type EmailConflict { errorCode: String! message: String! }
type OrderPayload { order: Order userErrors: [UserError!]! }
type UserError { field: [String!] message: String! }
input OrderInput { number: String }
type Mutation {
  createCustomer(input: CreateCustomerInput!): CreateCustomerResult!
  updateCustomer(input: UpdateCustomerInput!): Customer!
  orderCreate(input: OrderInput!, channel: String!): OrderPayload
  orderUpdate(id: ID!, input: OrderInput!): OrderPayload
}`;

describe("a schema", () => {
  test("becomes objects whose queries ask for all values, whatever way its lists are paged", async () => {
    const { objects } = await accepted(importGraphql(SHOP, "shop", []));

    expect(Object.keys(objects)).toEqual(["customer", "order"]);
    expect(objects["customer"]?.list).toEqual({
      query:
        "query ($skip: Int!) {\n  customers(options: { skip: $skip, take: 100 }) { totalItems items { id updatedAt emailAddress address { id street } } }\n}\n",
      variables: { skip: "{{ page.offset }}" },
      items: "data.customers.items",
      page: { offset: "skip", size: 100 },
      count: "data.customers.totalItems",
    });
    expect(objects["order"]?.list).toMatchObject({
      variables: { after: "{{ page.token }}" },
      page: { token: "data.orders.pageInfo.endCursor", more: "data.orders.pageInfo.hasNextPage" },
    });
    expect(objects["order"]).toMatchObject({ id: "id", version: "revision", natural_keys: ["number"] });
  });

  test("writes find the record in what they answer, and the id its place in the input", async () => {
    const { objects } = await accepted(importGraphql(SHOP, "shop", []));

    expect(objects["customer"]?.create).toMatchObject({
      variables: { input: "{{ record }}" },
      returns: { id: "data.createCustomer.id" },
    });
    expect(objects["customer"]?.update).toMatchObject({ variables: { input: '{{ $merge([changed, {"id": id}]) }}' } });
    expect(objects["order"]?.update).toMatchObject({
      variables: { id: "{{ id }}", input: "{{ changed }}" },
      returns: { id: "data.orderUpdate.order.id" },
    });
    expect(objects["customer"]?.delete).toBeUndefined();
  });

  test("what must be given and is not known is marked", () => {
    expect(notesOf(importGraphql(SHOP, "shop", ["order"]))).toContain(
      "objects.order.create.query: the argument channel must be given too",
    );
  });

  test("the result of an introspection query says the same as the schema", () => {
    const introspected = JSON.stringify({ data: introspectionFromSchema(buildSchema(SHOP)) });

    expect(importGraphql(introspected, "shop", [])).toEqual(importGraphql(SHOP, "shop", []));
  });

  test.each([
    ["no schema", "hello", "neither an introspection result nor a schema"],
    ["a schema without lists", "type Query { ping: String }", "no query of the schema lists records"],
  ])("%s is refused with the reason", (_, text, reason) => {
    expect(() => importGraphql(text, "shop", [])).toThrow(reason);
  });
});
