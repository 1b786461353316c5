// A secret that can be handed around without being shown: whatever prints it, prints [redacted].

import { inspect } from "node:util";

const REDACTED = "[redacted]";

/** Shorter secrets would also strike out harmless text ("on", "42"); they are still never printed by the wrapper itself. */
const STRIKE_LENGTH_MIN = 4;

export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself. Call it where the value is sent, nowhere else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

/** Strikes secrets out of text that came from outside, by value: a remote system may echo what it was sent. */
export class Redactor {
  readonly #texts = new Set<string>();

  /** Also knows the forms in which a secret travels: percent-encoded and base64. */
  add(value: string): void {
    if (value.length < STRIKE_LENGTH_MIN) return;
    this.#texts.add(value);
    this.#texts.add(encodeURIComponent(value));
    this.#texts.add(Buffer.from(value, "utf8").toString("base64"));
  }

  redact(text: string): string {
    let clean = text;
    for (const secret of this.#texts) clean = clean.replaceAll(secret, REDACTED);
    return clean;
  }
}
