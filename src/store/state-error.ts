// What went wrong with the state database, told apart from what cannot happen: somebody can mend a StateError (start the
// server, free the disk, correct the URL), so it says how. Every other failure of a statement is a defect and stays an Error.

/** The state database cannot be used; `code` is always E_DATABASE. */
export class StateError extends Error {
  override readonly name = "StateError";
  readonly code = "E_DATABASE";
  /** What to do. */
  readonly hint: string;
  constructor(message: string, hint: string, cause?: unknown) {
    super(`${message}: ${hint}`, { cause });
    this.hint = hint;
  }
}

/** Longest prefix of the five-character SQLSTATE wins. */
const MENDABLE: readonly (readonly [prefix: string, message: string, hint: string])[] = [
  ["08", "the connection to the state database was lost", "check that Postgres is running and reachable"],
  ["25006", "the state database is read-only", "point `database` to the primary, not to a replica"],
  ["28", "the state database refused the credentials", "correct user and password in `database`"],
  ["3D000", "the state database does not exist", "create it, or correct its name in `database`"],
  ["40", "two writers of the state database met", "nothing was stored; it will be tried again"],
  [
    "42501",
    "the role may not do this in the state database",
    "give it the right to create and own the schema syncline",
  ],
  ["53100", "the disk of the state database is full", "free some space; nothing was stored"],
  ["53200", "the state database is out of memory", "give Postgres more memory"],
  ["53300", "the state database has no connection left", "raise max_connections or stop other clients"],
  ["53", "the state database lacks resources", "see the log of Postgres"],
  ["55P03", "a lock of the state database was not granted in time", "look for a long transaction in pg_stat_activity"],
  [
    "57014",
    "a statement of the state database took too long and was ended",
    "look for load or locks in pg_stat_activity",
  ],
  ["57", "the state database is stopping or starting", "wait until Postgres runs again"],
  ["58", "Postgres could not read or write its files", "see the log of Postgres; check disk and permissions"],
];

/** SQLSTATE of a Postgres error, errno name of a network one; null when it has neither. */
export function errorCode(error: unknown): string | null {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : null;
}

/** Five characters with a figure among them; EPIPE is the network's. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;

/** What a failed statement means: a StateError when somebody can mend it, else an Error that names the statement. */
export function statementFailure(cause: unknown, statement: string): Error {
  if (cause instanceof StateError) return cause;
  const code = errorCode(cause);
  const text = cause instanceof Error ? cause.message : String(cause);
  if (code !== null && SQLSTATE.test(code)) {
    const known = MENDABLE.filter(([prefix]) => code.startsWith(prefix)).sort((a, b) => b[0].length - a[0].length)[0];
    if (known !== undefined) return new StateError(`${known[1]} (${code}: ${text})`, known[2], cause);
    return new Error(`state statement ${statement} failed (${code}): ${text}`, { cause });
  }
  // No SQLSTATE: the answer did not come from Postgres, so the way to it is broken (network, pool, TLS).
  const found = code === null ? text : `${code}: ${text}`;
  return new StateError(
    `the state database does not answer (${found})`,
    "check that Postgres is running and reachable",
    cause,
  );
}
