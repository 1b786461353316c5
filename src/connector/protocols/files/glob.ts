// `*` and `?` in names of files; nothing else is special. Hidden files are never meant: ours are hidden while they are written.

export function hasWildcard(glob: string): boolean {
  return /[*?]/.test(glob);
}

export function globOf(glob: string): (name: string) => boolean {
  const parts = Array.from(glob, (character) =>
    character === "*" ? ".*" : character === "?" ? "." : character.replace(/[\\^$.|+()[\]{}]/g, "\\$&"),
  );
  // Stars in a row mean one, so that no name is tried in more ways than it has characters a star.
  const pattern = new RegExp(`^${parts.join("").replace(/(?:\.\*)+/g, ".*")}$`, "su");
  return (name) => !name.startsWith(".") && pattern.test(name);
}

/** In the order in which people number files: runs of digits by their value, the rest by character. */
export function compareNames(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const order = comparePart(left[index] ?? "", right[index] ?? "");
    if (order !== 0) return order;
  }
  return left.length - right.length || (a < b ? -1 : a > b ? 1 : 0);
}

function comparePart(a: string, b: string): number {
  if (a === b) return 0;
  if (!/^\d/.test(a) || !/^\d/.test(b)) return a < b ? -1 : 1;
  const left = a.replace(/^0+/, "");
  const right = b.replace(/^0+/, "");
  if (left.length !== right.length) return left.length - right.length;
  return left === right ? 0 : left < right ? -1 : 1;
}
