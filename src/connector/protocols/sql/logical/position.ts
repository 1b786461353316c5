// Positions in Postgres' log, `16/B374D848`: two hexadecimal numbers, the first the greater.

const POSITION = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i;

/** Null: the text is none. */
export function positionNumber(text: string): bigint | null {
  const match = POSITION.exec(text);
  return match === null ? null : (BigInt(`0x${match[1] ?? "0"}`) << 32n) + BigInt(`0x${match[2] ?? "0"}`);
}

export function laterPosition(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return (positionNumber(a) ?? 0n) >= (positionNumber(b) ?? 0n) ? a : b;
}
