// What people do in Vendure, by its two APIs: administrators and shoppers. Written without anything of the connector.

export interface VendureDesk {
  /** As administrator; the value of the query's one root field. */
  admin(query: string, variables?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** A guest buys; the order's code. */
  order(basket: Basket): Promise<string>;
}

interface Basket {
  readonly variantId: string;
  readonly quantity: number;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
}

interface Told {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly unknown[];
}

export async function openVendure(ready: Readonly<Record<string, string>>): Promise<VendureDesk> {
  const { url = "", shop_url: shopUrl = "", user = "", password = "" } = ready;
  const post = async (
    address: string,
    query: string,
    variables: unknown,
    token: string | null,
  ): Promise<[unknown, string | null]> => {
    const response = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json", ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    });
    const told = (await response.json()) as Told; // any other answer fails right below
    const [value] = Object.values(told.data ?? {});
    const refused = typeof value === "object" && value !== null && "errorCode" in value;
    if (told.errors !== undefined || refused) throw new Error(`${query}: ${JSON.stringify(told)}`);
    return [value, response.headers.get("vendure-auth-token") ?? token];
  };
  const [, adminToken] = await post(
    url,
    "mutation ($user: String!, $password: String!) { login(username: $user, password: $password) { __typename } }",
    { user, password },
    null,
  );
  return {
    admin: async (query, variables = {}) => (await post(url, query, variables, adminToken))[0],
    async order({ variantId, quantity, firstName, lastName, email }) {
      let token: string | null = null;
      const step = async (query: string, variables: unknown = {}): Promise<unknown> => {
        const [value, next] = await post(shopUrl, query, variables, token);
        token = next;
        return value;
      };
      const failure = "... on ErrorResult { errorCode message }";
      await step(
        `mutation ($id: ID!, $n: Int!) { addItemToOrder(productVariantId: $id, quantity: $n) { __typename ${failure} } }`,
        { id: variantId, n: quantity },
      );
      await step(
        `mutation ($input: CreateCustomerInput!) { setCustomerForOrder(input: $input) { __typename ${failure} } }`,
        {
          input: { firstName, lastName, emailAddress: email },
        },
      );
      await step(
        `mutation ($input: CreateAddressInput!) { setOrderShippingAddress(input: $input) { __typename ${failure} } }`,
        {
          input: {
            fullName: `${firstName} ${lastName}`,
            streetLine1: "12 St James's Square",
            city: "London",
            postalCode: "SW1Y 4JH",
            countryCode: "GB",
          },
        },
      );
      const methods = (await step("{ eligibleShippingMethods { id } }")) as readonly { readonly id: string }[];
      await step(`mutation ($id: [ID!]!) { setOrderShippingMethod(shippingMethodId: $id) { __typename ${failure} } }`, {
        id: methods.slice(0, 1).map(({ id }) => id),
      });
      await step(`mutation { transitionOrderToState(state: "ArrangingPayment") { __typename ${failure} } }`);
      const placed = await step(
        `mutation { addPaymentToOrder(input: { method: "standard-payment", metadata: {} }) { ... on Order { code } ${failure} } }`,
      );
      return (placed as { readonly code: string }).code;
    },
  };
}
