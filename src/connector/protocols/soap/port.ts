// Which port of the WSDL is called, by `soap: { service, port, version }`.

import { didYouMean, problem, type KeyPath, type Problem } from "../../../core/problem.ts";
import type { SoapSettings } from "./file.ts";
import type { Port, Wsdl } from "./wsdl.ts";

/** @param path The `wsdl:` key, for a WSDL without any port. */
export function choosePort(
  wsdl: Wsdl,
  settings: SoapSettings,
  path: KeyPath,
): { readonly port: Port | null; readonly problems: readonly Problem[] } {
  if (wsdl.ports.length === 0) {
    return refuse("E_WSDL", path, "the WSDL has no service with a SOAP port", []);
  }
  const { service, port, version } = settings;
  const inService = wsdl.ports.filter((entry) => service === undefined || entry.service === service);
  if (inService.length === 0) {
    const names = wsdl.ports.map((entry) => entry.service);
    return refuse("E_WSDL", ["soap", "service"], `the WSDL has no service "${service ?? ""}"`, names, service);
  }
  const named = inService.filter((entry) => port === undefined || entry.name === port);
  if (named.length === 0) {
    const names = inService.map((entry) => entry.name);
    return refuse("E_WSDL", ["soap", "port"], `the service has no SOAP port "${port ?? ""}"`, names, port);
  }
  // The version that is asked for, if some port speaks it; a service may well speak one that its WSDL does not say.
  const chosen = named.find((entry) => entry.version === version) ?? named[0];
  return { port: chosen ?? null, problems: [] };
}

function refuse(
  code: string,
  path: KeyPath,
  message: string,
  names: readonly string[],
  found?: string,
): { readonly port: null; readonly problems: readonly Problem[] } {
  const unique = [...new Set(names)];
  const hint = found === undefined ? undefined : didYouMean(found, unique);
  const more = {
    ...(found === undefined ? {} : { found }),
    ...(unique.length === 0 ? {} : { expected: unique.join(", ") }),
    ...(hint === undefined ? {} : { hint }),
  };
  return { port: null, problems: [problem(code, path, message, more)] };
}
