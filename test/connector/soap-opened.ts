// A SOAP connector file, compiled and opened by the kit, with a clock that does not wait.

import { parse } from "yaml";
import type { Instant } from "../../src/core/ids.ts";
import type { ExpressionCompiler } from "../../src/core/expression.ts";
import { compileConnector } from "../../src/connector/compile.ts";
import type { System } from "../../src/connector/contract.ts";
import { connectorFileSchema } from "../../src/connector/file.ts";
import { soapProtocol } from "../../src/connector/protocols/soap/soap.ts";
import { Secret } from "../../src/connector/secret.ts";

export interface Opening {
  /** YAML. */
  readonly text: string;
  /** Where the WSDL is looked for. */
  readonly folder: string;
  readonly expressions: ExpressionCompiler;
  readonly baseUrl: string;
  readonly secrets: Readonly<Record<string, string>>;
}

export function openSoapSystem({ text, folder, expressions, baseUrl, secrets }: Opening): Promise<System> {
  const file = connectorFileSchema.parse(parse(text));
  const today = Date.now() as Instant;
  let now: number = today;
  const { connector, problems } = compileConnector(file, {
    expressions,
    protocols: { soap: soapProtocol },
    folder,
    today,
  });
  if (connector === null) throw new Error(JSON.stringify(problems, null, 1));
  return connector.open({
    name: "remote",
    settings: { base_url: baseUrl },
    secrets: new Map(Object.entries(secrets).map(([name, value]) => [name, new Secret(value)])),
    limits: {},
    allowPrivate: true,
    observer: { called: () => undefined, waited: () => undefined },
    clock: {
      now: () => now as Instant,
      sleep(ms) {
        now += ms;
        return new Promise((resolve) => setImmediate(resolve));
      },
    },
    log: { warn: () => undefined, debug: () => undefined },
    version: "0.0.0",
  });
}
