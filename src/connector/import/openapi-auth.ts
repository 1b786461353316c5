// How requests are authenticated: the first scheme that a connector can use.

import { isPart, listOf, textOf, type OpenApi, type Part } from "./openapi-document.ts";

export interface DraftAuth {
  readonly auth: Part;
  readonly secrets: Part;
  readonly note: string | null;
}

const REQUIRED = { required: true };

export function draftAuth(api: OpenApi): DraftAuth {
  const all = api.part(api.root["components"])["securitySchemes"];
  const named = isPart(all) ? all : {};
  const wanted = listOf(api.root["security"]).flatMap((each) => (isPart(each) ? Object.keys(each) : []));
  const names = [...new Set([...wanted, ...Object.keys(named)])];
  for (const name of names) {
    const drafted = draftScheme(api.part(named[name]));
    if (drafted !== null) return drafted;
  }
  const note =
    names.length === 0
      ? "the description names no authentication"
      : `the description names ${names.join(", ")}, which no scheme of a connector is`;
  return { auth: { scheme: "none" }, secrets: {}, note };
}

function draftScheme(scheme: Part): DraftAuth | null {
  const name = textOf(scheme["name"]);
  if (scheme["type"] === "http" && textOf(scheme["scheme"])?.toLowerCase() === "bearer")
    return { auth: { scheme: "bearer", token: "token" }, secrets: { token: REQUIRED }, note: null };
  if (scheme["type"] === "http" && textOf(scheme["scheme"])?.toLowerCase() === "basic") {
    const secrets = { username: REQUIRED, password: REQUIRED };
    return { auth: { scheme: "basic", username: "username", password: "password" }, secrets, note: null };
  }
  if (scheme["type"] === "apiKey" && name !== null && (scheme["in"] === "header" || scheme["in"] === "query"))
    return { auth: { scheme: scheme["in"], name, token: "token" }, secrets: { token: REQUIRED }, note: null };
  return scheme["type"] === "oauth2" && isPart(scheme["flows"]) ? draftOAuth(scheme["flows"]) : null;
}

function draftOAuth(flows: Part): DraftAuth | null {
  const grants = { clientCredentials: "client_credentials", authorizationCode: "authorization_code" };
  for (const [flow, grant] of Object.entries(grants)) {
    const part = flows[flow];
    const tokenUrl = isPart(part) ? textOf(part["tokenUrl"]) : null;
    if (!isPart(part) || tokenUrl === null) continue;
    const authorizeUrl = textOf(part["authorizationUrl"]);
    const scopes = isPart(part["scopes"]) ? Object.keys(part["scopes"]) : [];
    const auth = {
      scheme: "oauth2",
      grant,
      ...(grant === "authorization_code" && authorizeUrl !== null ? { authorize_url: authorizeUrl } : {}),
      token_url: tokenUrl,
      client_id: "client_id",
      client_secret: "client_secret",
      ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }),
    };
    const note =
      scopes.length > 1 ? "all scopes of the description are named; keep only those that the objects need" : null;
    return { auth, secrets: { client_id: REQUIRED, client_secret: REQUIRED }, note };
  }
  return null;
}
