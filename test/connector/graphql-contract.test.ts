// The connector contract over GraphQL.

import { connectorContract } from "../contract/connector-suite.ts";
import { shopConnector, shopWorld, startShop } from "./graphql-shop.ts";
import { closeExpressionsAfterwards, open } from "./opened.ts";

closeExpressionsAfterwards();
connectorContract("GraphQL", async () => {
  const shop = await startShop();
  const { system } = await open(shopConnector(), shop.remote.origin);
  return shopWorld(shop, system);
});
