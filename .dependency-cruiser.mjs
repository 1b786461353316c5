// The rooms of src/ and what each may import. One rule per room; scripts/check-rooms.mjs runs them.

/** Every npm package. */
const NPM = "^node_modules/";
/** Only these npm packages (or their type packages). @param {...string} names */
const npm = (...names) => `^node_modules/(@types/)?(${names.join("|")})/`;
/** Every file of these rooms. @param {...string} names */
const rooms = (...names) => `^src/(${names.join("|")})/`;
/** One file of another room. @param {string} path */
const file = (path) => `^src/${path.replaceAll(".", "\\.")}$`;

/**
 * A room may import itself and what is listed; Node's own modules only with `node`.
 * @param {string} name
 * @param {string} comment
 * @param {string[]} allowed
 * @returns {import("dependency-cruiser").IForbiddenRuleType}
 */
const room = (name, comment, allowed, { node = false } = {}) => ({
  name: `room-${name}`,
  comment,
  severity: "error",
  from: { path: rooms(name) },
  to: {
    pathNot: [rooms(name), ...allowed],
    // Node's modules have no path of their own, so they are let through by their type.
    ...(node ? { dependencyTypesNot: ["core"] } : {}),
  },
});

const CONTRACT = file("connector/contract.ts");
/** What the engine asks of the world (ports), what people ask of the state (ledger) and of the daemon (operator). */
const PORTS = "^src/engine/(ports/[a-z-]+|ledger|operator)\\.ts$";

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    room("core", "The vocabulary everybody shares. It imports nothing at all, so it can be used anywhere.", []),
    room("mapping", "Pure translation of records: same input, same output. Libraries yes, the platform no.", [
      rooms("core"),
      NPM,
    ]),
    room("connector", "Talks to the business systems. Knows nothing of syncing.", [rooms("core"), NPM], {
      node: true,
    }),
    room(
      "expression",
      "Evaluates JSONata where it can do no harm. Behind a contract in core, so that nobody needs to know how.",
      [rooms("core"), npm("jsonata", "re2js")],
      { node: true },
    ),
    room(
      "engine",
      "Decides what to write where. Sees connectors only by their contract, and the store only by its own ports, " +
        "so that it can be simulated; no library and no platform, so that a run is repeatable.",
      [rooms("core", "mapping"), CONTRACT],
    ),
    room(
      "store",
      "The engine's ports on Postgres. Implements them and knows nothing else of the engine.",
      [rooms("core"), PORTS, npm("knex", "pg")],
      { node: true },
    ),
    room(
      "intake",
      "Receives changes (webhooks, polling, schedules) and hands them to the engine.",
      [rooms("core", "mapping", "connector", "engine"), npm("node-cron")],
      { node: true },
    ),
    room(
      "config",
      "Reads and checks what the user wrote, before anything runs.",
      [rooms("core", "mapping", "connector", "expression"), npm("yaml", "zod")],
      { node: true },
    ),
    room(
      "admin",
      "The HTTP interface for operators. Reads through the engine's ports, never around them.",
      [rooms("core"), PORTS, npm("fastify", "prom-client")],
      { node: true },
    ),
    room("simulation", "Runs the engine against made-up systems and made-up time; no platform, so seeds replay.", [
      rooms("core", "mapping", "engine"),
      CONTRACT,
      npm("fast-check", "pure-rand"),
    ]),
    room(
      "sandbox",
      "Stand-ins for the business systems. Uses nothing of ours, so that it cannot share our mistakes.",
      [NPM],
      { node: true },
    ),
    room(
      "daemon",
      "Puts the parts together and keeps them running.",
      [rooms("core", "mapping", "connector", "expression", "engine", "store", "intake", "config", "admin"), NPM],
      { node: true },
    ),
    room(
      "cli",
      "What a person types. demo.ts starts the sandbox as a child process and never imports it.",
      [rooms("core", "config", "mapping", "connector", "expression", "engine", "store", "daemon", "simulation"), NPM],
      { node: true },
    ),
    {
      name: "no-circular",
      comment: "Files that import each other in a circle cannot be understood, tested or loaded one by one.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-orphans",
      comment: "A file nobody imports and which imports nothing is either an entry or forgotten.",
      severity: "error",
      from: { orphan: true, pathNot: ["^src/cli/main\\.ts$", "^src/sandbox/", "^(test|scripts|bin)/", "\\.d\\.ts$"] },
      to: {},
    },
    {
      name: "not-resolvable",
      comment: "An import that leads nowhere would slip past every other rule.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "declared-packages-only",
      comment: "A package that is there only because another one needs it can vanish with any update.",
      severity: "error",
      from: { path: "^(src|bin)/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
  ],
  options: {
    // TypeScript 7 has no API that dependency-cruiser could use; swc reads our sources.
    parser: "swc",
    // Type-only imports count: a room that knows another's types knows the other.
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    moduleSystems: ["es6", "cjs"],
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types", "require"],
      mainFields: ["module", "main", "types"],
      extensions: [".ts", ".js", ".mjs", ".cjs", ".json", ".d.ts"],
    },
  },
};
