// What a token request needs beside the file's own words.

import type { AuthTools } from "../auth.ts";
import type { Clock } from "../clock.ts";
import type { HttpClient } from "../http.ts";

export interface OAuthTools extends AuthTools {
  readonly http: HttpClient;
  readonly clock: Clock;
}
