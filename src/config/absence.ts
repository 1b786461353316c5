// What the file system says of a file that is not there.

export function isNotThere(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT";
}
