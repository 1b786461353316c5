// The protocols that are built, by the word a connector file says.

import type { DirectProtocols } from "../connector/direct.ts";
import type { ProtocolFactories } from "../connector/protocol-context.ts";
import { restProtocol } from "../connector/protocols/rest.ts";
import { soapProtocol } from "../connector/protocols/soap/soap.ts";

/** Requests and answers; the kit does the rest. */
export const PROTOCOLS: ProtocolFactories = { rest: restProtocol, soap: soapProtocol };

/** Those that implement their objects themselves. */
export const DIRECT_PROTOCOLS: DirectProtocols = {};
