// Why an expression cannot be used at all. Thrown by parse.ts and check.ts, made a value by compiler.ts.

export type RefusalCode = "E_EXPR_SYNTAX" | "E_EXPR_FORBIDDEN" | "E_REGEX_UNSAFE" | "E_EXPR_NAME";

export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: RefusalCode;
  /** Characters from 0; null: not known. */
  readonly position: number | null;
  readonly hint: string | null;

  constructor(code: RefusalCode, message: string, position: number | null, more: { hint?: string | undefined } = {}) {
    super(message);
    this.code = code;
    this.position = position;
    this.hint = more.hint ?? null;
  }
}
