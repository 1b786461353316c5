// docs/situations.md, from the tables the engine decides by.

import { COMPARED, DEFAULTS, LINKED } from "../../src/core/situation.ts";

/** A table whose rows and columns are the keys of two nested records. */
function table(corner: string, rows: Readonly<Record<string, Readonly<Record<string, string>>>>): string {
  const columns = Object.keys(Object.values(rows)[0] ?? {});
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const body = Object.entries(rows).map(([name, cells]) =>
    line([`**${name}**`, ...columns.map((column) => cells[column] ?? "")]),
  );
  return [line([corner, ...columns]), line([corner, ...columns].map(() => "---")), ...body].join("\n");
}

/** docs/situations.md. */
export const SITUATIONS = `# Situations

Generated from \`src/core/situation.ts\` by \`npx tsx scripts/generate-docs.ts\`; do not edit by hand.

Each pair of records is in exactly one situation. What is known of a side is one of _present_, _absent_ (proven by a complete
listing and a look-up), _out of scope_, or _unknown_ (whatever is not proven).

## Two linked records

The left side's rows, the right side's columns. _compare_: both are there, so their fields say.

${table("left / right", LINKED)}

## Both present

By the side that moved since it was last agreed on, and by what the merge of the fields found: _apart_ (something is to be
carried across), _agree_ (nothing is), _dispute_ (a field in conflict).

${table("moved", COMPARED)}

## What is done by default

| situation | what the engine does |
| --- | --- |
${Object.entries(DEFAULTS)
  .map(([situation, action]) => `| \`${situation}\` | ${action} |`)
  .join("\n")}
`;
