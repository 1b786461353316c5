// The connector contract over OData: derived from an entity set by time, by delta links, and with batches.

import { connectorContract, type ConnectorWorld } from "../contract/connector-suite.ts";
import { odataWorld, startOData } from "./odata-server.ts";
import { closeExpressionsAfterwards, fileText, open } from "./opened.ts";

closeExpressionsAfterwards();

const world =
  (options: string, representation = true) =>
  async (): Promise<ConnectorWorld> => {
    const server = await startOData();
    server.representation = representation;
    const text = fileText(`objects: { contact: { entity_set: Contacts, natural_keys: [email], ${options} } }`, "odata");
    const { system } = await open(text, `${server.remote.origin}/odata/v4`);
    return odataWorld(server, system);
  };

// Repeating an update or a delete is harmless; the suite's faults are met by creates.
connectorContract("OData by time", world("modified: modified"));
connectorContract("OData by delta links", world("odata: { delta: true }"));
connectorContract(
  "OData with batches, answered by headers alone",
  world("modified: modified, odata: { batch: { read: 2, write: 3 } }", false),
);
