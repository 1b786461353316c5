// @ts-nocheck This runs in browsers, whose types the rest of the program must not see.
// What codes mean, in words, and what to type about it.

const REASONS = {
  unreachable: "a system does not answer",
  auth: "a system refuses our credentials",
  throttled: "a system asks us to slow down",
  "listing-incomplete": "a list could not be read to its end",
  "empty-side": "a side that had records listed none",
  "mapping-changed": "the mapping's meaning has changed and waits to be accepted",
  paused: "the pair is paused",
  stopped: "the pair was stopped by a failing system",
  proposed: "the mapping is only proposed and never writes",
  interrupted: "the daemon was stopping",
  running: "another run was under way",
  "wrong-epoch": "a system shows another account than before",
};

export function reasonWords(reason) {
  return reason === null ? "" : (REASONS[reason] ?? reason);
}

/** A run's outcome in words. @returns { tone: good | warn | bad | busy, words } */
export function outcomeWords(run) {
  const why = reasonWords(run.reason);
  const because = why === "" ? "" : `: ${why}`;
  switch (run.outcome) {
    case "ok":
      return { tone: "good", words: `done${because}` };
    case "partial":
      return { tone: "warn", words: `done, but some records failed${because}` };
    case "withheld":
      return { tone: "warn", words: `a guard held actions back${because}` };
    case "halted":
      return { tone: run.reason === "paused" ? "warn" : "bad", words: `stopped before deciding anything${because}` };
    case "failed":
      return { tone: "bad", words: `failed${because}` };
    default:
      return run.ended === null
        ? { tone: "busy", words: "under way" }
        : { tone: "bad", words: "ended without a report" };
  }
}

/** What a run wrote, by side: `billing: 2 created, 8 updated`. Empty: nothing. */
export function effectWords(run) {
  const bySide = new Map();
  for (const entity of Object.values(run.entities)) {
    for (const [side, counts] of Object.entries(entity.effects)) {
      const sum = bySide.get(side) ?? { create: 0, update: 0, delete: 0 };
      for (const op of ["create", "update", "delete"]) sum[op] += counts[op];
      bySide.set(side, sum);
    }
  }
  return [...bySide].flatMap(([side, sum]) => {
    const parts = [
      sum.create > 0 && `${sum.create} created`,
      sum.update > 0 && `${sum.update} updated`,
      sum.delete > 0 && `${sum.delete} deleted`,
    ].filter(Boolean);
    return parts.length === 0 ? [] : [`${side}: ${parts.join(", ")}`];
  });
}

/** Situations of a run over all entities, the quiet one last. */
export function situations(run) {
  const sum = new Map();
  for (const entity of Object.values(run.entities)) {
    for (const [name, count] of Object.entries(entity.situations)) sum.set(name, (sum.get(name) ?? 0) + count);
  }
  return [...sum]
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => Number(a === "in-sync") - Number(b === "in-sync") || a.localeCompare(b));
}

export function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

const KINDS = {
  conflict: "Both sides changed the same field",
  gone: "One of the two records is gone",
  "gone-edited": "One record is gone, the other was edited",
  ambiguous: "Several records could be the counterpart",
  "matched-taken": "The counterpart is linked to another record",
  guard: "A guard held actions back",
  oscillation: "A field keeps returning to earlier values",
  "value-rejected": "A value cannot be carried over",
  "unknown-outcome": "Nobody knows whether a write arrived",
  drift: "A system's fields have changed",
};

export function kindWords(kind) {
  return KINDS[kind] ?? kind;
}

/** A word of a command line, quoted where a shell needs it. */
export function quoted(word) {
  const text = String(word);
  return /^[\w.:@/+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export function commandLine(...words) {
  return ["syncline", ...words.map(quoted)].join(" ");
}

/** A value for people: text as it is, the rest as JSON. */
export function valueText(value) {
  if (value === null || value === undefined) return "(empty)";
  if (value === "") return "(empty text)";
  return typeof value === "object" ? JSON.stringify(value, null, 1) : String(value);
}
