// The SOAP protocol: a WSDL from disk, envelopes written by its types, sent by the kit's own client, answers read by its types.

import { didYouMean, isError, problem, type KeyPath, type Problem } from "../../../core/problem.ts";
import type { ProtocolContext, ProtocolFactory } from "../../protocol-context.ts";
import type { PreparedCall, Protocol } from "../../protocol.ts";
import type { Template } from "../../template.ts";
import { checkArgs } from "./args.ts";
import { isWebAddress, makeCall, type Call } from "./call.ts";
import { Connection, type Service } from "./connection.ts";
import { choosePort } from "./port.ts";
import type { ElementShape } from "./shape.ts";
import { loadWsdl, type Operation } from "./wsdl.ts";

export const soapProtocol: ProtocolFactory = (context) => {
  const told = new Set<string>();
  const problems: Problem[] = [];
  const services = new Services(context);
  const { wsdl } = context.file;
  if (wsdl !== undefined) services.open(wsdl, ["wsdl"], problems);
  const connection = new Connection(context, problems);
  const protocol: Protocol = {
    prepare(part, path) {
      const found: Problem[] = [];
      const own = typeof part["wsdl"] === "string" ? part["wsdl"] : undefined;
      const file = own ?? wsdl;
      if (file === undefined)
        found.push(problem("E_MISSING", [], "a SOAP connector needs `wsdl:`", { expected: "wsdl: ./wsdl/x.wsdl" }));
      const service = file === undefined ? null : services.open(file, [...path, "wsdl"], found);
      const call = service === null ? null : prepareCall(part, { path, service, connection, found });
      return { call: found.some(isError) ? null : call, problems: found.filter((entry) => isNew(entry, told)) };
    },
    close: () => Promise.resolve(),
  };
  return { protocol, problems };
};

/** What is wrong at the top of the file shows in every request, and is told once. */
function isNew(found: Problem, told: Set<string>): boolean {
  const text = JSON.stringify([found.code, found.path, found.message]);
  const known = told.has(text);
  told.add(text);
  return !known;
}

/** The WSDL files, each read once. */
class Services {
  private readonly byFile = new Map<string, Service | null>();
  private readonly context: ProtocolContext;

  constructor(context: ProtocolContext) {
    this.context = context;
  }

  open(file: string, path: KeyPath, found: Problem[]): Service | null {
    const known = this.byFile.get(file);
    if (known !== undefined) return known;
    const service = this.read(file, path, found);
    this.byFile.set(file, service);
    return service;
  }

  private read(file: string, path: KeyPath, found: Problem[]): Service | null {
    const { folder, file: connector } = this.context;
    const { wsdl, problems } = loadWsdl(file, { folder, path });
    found.push(...problems);
    if (problems.length > 0) return null;
    const chosen = choosePort(wsdl, connector.soap ?? {}, path);
    found.push(...chosen.problems);
    const { port } = chosen;
    if (port === null) return null;
    const elsewhere = connector.soap?.endpoint !== undefined || connector.base_url !== undefined;
    if (!elsewhere && !isWebAddress(port.address)) {
      found.push(
        problem("E_URL", path, `the WSDL has no usable address of the port "${port.name}"`, {
          ...(port.address === null ? {} : { found: port.address }),
          expected: "an http or https address without user and password",
          hint: "say it with base_url:",
        }),
      );
    }
    return { wsdl, port };
  }
}

interface Preparing {
  readonly path: KeyPath;
  readonly service: Service;
  readonly connection: Connection;
  readonly found: Problem[];
}

function prepareCall(part: Readonly<Record<string, unknown>>, preparing: Preparing): PreparedCall | null {
  const { path, service, connection, found } = preparing;
  const operation = findOperation(part["call"], preparing);
  if (operation === null) return null;
  const compile = (value: unknown, at: KeyPath): Template | null => {
    const compiled = connection.context.template(value, at, []);
    found.push(...compiled.problems);
    return compiled.template;
  };
  const written = part["args"] ?? {};
  const at = [...path, "args"];
  if (operation.input !== null)
    found.push(
      ...checkArgs({ ...connection.settings.elements, ...recordOf(written) }, operation.input, at, service.wsdl.schema),
    );
  else if (Object.keys(written).length > 0) {
    found.push(problem("E_SOAP_ELEMENT", at, `${operation.name} takes no elements`, { hint: "remove args:" }));
  }
  const args = compile(written, at);
  const action = part["action"] === undefined ? null : compile(part["action"], [...path, "action"]);
  const headers = Object.entries(recordOf(part["headers"])).flatMap(([name, value]) => {
    const template = compile(value, [...path, "headers", name]);
    return template === null ? [] : [[name, template] as const];
  });
  const soapHeaders = Object.entries(connection.settings.headers ?? {}).flatMap(([name, value]) => {
    const shape = headerShape(name, operation, service);
    const template = compile(value, ["soap", "headers", name]);
    if (shape === null) found.push(unknownHeader(name, operation));
    else found.push(...checkArgs(value, shape, ["soap", "headers", name], service.wsdl.schema));
    return shape === null || template === null ? [] : [{ shape, template }];
  });
  if (args === null) return null;
  const lists = new Set(connection.settings.lists ?? []);
  const call: Call = { operation, service, connection, args, action, headers, soapHeaders, lists };
  const { http } = connection.context;
  if (http === null) return () => Promise.reject(new Error("a checked file makes no calls"));
  return (variables, options) => makeCall(http, call, variables, options);
}

function findOperation(name: unknown, { path, service, found }: Preparing): Operation | null {
  const { operations } = service.port;
  const names = operations.map((operation) => operation.name);
  if (typeof name !== "string") {
    found.push(problem("E_MISSING", path, "a SOAP request needs `call:`", { expected: names.join(", ") }));
    return null;
  }
  const at = [...path, "call"];
  const operation = operations.find((entry) => entry.name === name);
  if (operation === undefined) {
    const hint = didYouMean(name, names);
    found.push(
      problem("E_SOAP_OPERATION", at, `the WSDL has no operation "${name}"`, {
        found: name,
        expected: names.join(", "),
        ...(hint === undefined ? {} : { hint }),
      }),
    );
    return null;
  }
  if (operation.encoded) {
    found.push(
      problem("E_NOT_SUPPORTED", at, `"${name}" uses SOAP encoding (use="encoded"), which is not supported yet`),
    );
  }
  for (const element of operation.undefinedElements) {
    found.push(
      problem(
        "E_WSDL",
        at,
        `the message of "${name}" is the element "${element}", which no schema of the WSDL defines`,
      ),
    );
  }
  return operation;
}

/** Headers are declared with the operation, or are any element of the WSDL's schemas. */
function headerShape(name: string, operation: Operation, { wsdl }: Service): ElementShape | null {
  return operation.headers.find((shape) => shape.name === name) ?? wsdl.schema.elementNamed(name);
}

function unknownHeader(name: string, operation: Operation): Problem {
  const names = operation.headers.map((shape) => shape.name);
  const hint = didYouMean(name, names);
  return problem("E_SOAP_ELEMENT", ["soap", "headers", name], `the WSDL has no header element "${name}"`, {
    on: "key",
    found: name,
    expected: names.join(", "),
    ...(hint === undefined ? {} : { hint }),
  });
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
