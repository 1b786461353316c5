// Versions of records as HTTP carries them.

/** An entity tag is quoted; one that is quoted already, or weak, is taken as it is. */
export function quotedVersion(version: string): string {
  return version.startsWith('"') || version.startsWith("W/") ? version : `"${version}"`;
}
