// The protocols that are built, by the word a connector file says.

import type { DirectProtocols } from "../connector/direct.ts";
import type { ProtocolFactories } from "../connector/protocol-context.ts";
import { filesProtocol } from "../connector/protocols/files/files.ts";
import { graphqlProtocol } from "../connector/protocols/graphql/graphql.ts";
import { odataProtocol } from "../connector/protocols/odata/odata.ts";
import { restProtocol } from "../connector/protocols/rest.ts";
import { smtpProtocol } from "../connector/protocols/smtp/smtp.ts";
import { soapProtocol } from "../connector/protocols/soap/soap.ts";
import { sqlProtocol } from "../connector/protocols/sql/sql.ts";

/** Requests and answers; the kit does the rest. */
export const PROTOCOLS: ProtocolFactories = {
  rest: restProtocol,
  graphql: graphqlProtocol,
  odata: odataProtocol,
  soap: soapProtocol,
};

/** Those that implement their objects themselves. */
export const DIRECT_PROTOCOLS: DirectProtocols = { files: filesProtocol, smtp: smtpProtocol, sql: sqlProtocol };
