// A secret that can be handed around without being shown: whatever prints it, prints [redacted].

import { inspect } from "node:util";

const REDACTED = "[redacted]";

/** What passes is remembered for so many texts: a few for each request that may be under way, and no more as days go by. */
const PASSING_MAX = 512;

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
  /** Good for one request (a signature, a nonce): the oldest go. */
  readonly #passing = new Set<string>();

  /** Also knows the forms in which a secret travels: percent-encoded and base64. */
  add(value: string): void {
    if (value.length < STRIKE_LENGTH_MIN) return;
    this.#texts.add(value);
    this.#texts.add(encodeURIComponent(value));
    this.#texts.add(Buffer.from(value, "utf8").toString("base64"));
  }

  /** As add, for what is made anew with every request: struck out while its answer can still be told of. */
  addPassing(value: string): void {
    if (value.length < STRIKE_LENGTH_MIN) return;
    this.#passing.add(value);
    this.#passing.add(encodeURIComponent(value));
    for (const oldest of this.#passing) {
      if (this.#passing.size <= PASSING_MAX) break;
      this.#passing.delete(oldest);
    }
  }

  redact(text: string): string {
    let clean = text;
    for (const secret of [...this.#texts, ...this.#passing]) clean = clean.replaceAll(secret, REDACTED);
    return clean;
  }
}
