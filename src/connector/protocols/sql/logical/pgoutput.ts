// The messages of Postgres' own output plugin, as far as they say which rows changed: the id of each row, and where a transaction
// ends. The rows themselves are read from the table, so that values of every kind have one way in.

type Change =
  /** A row's id before or after; null: the message does not hold it. */
  | { readonly kind: "row"; readonly relation: number; readonly id: string | null }
  | { readonly kind: "truncate"; readonly relations: readonly number[] }
  /** @param end The log position after the transaction. */
  | { readonly kind: "commit"; readonly end: string };

export interface PgOutputReader {
  read(message: Buffer): readonly Change[];
}

/** @param idColumn Name of the column with the id. */
export function createPgOutputReader(idColumn: string): PgOutputReader {
  /** Place of the id among a relation's columns. */
  const places = new Map<number, number>();
  return {
    read(message) {
      const bytes = new Bytes(message);
      const relation = (): number => bytes.uint32();
      const row = (oid: number): Change => {
        const values = bytes.tuple();
        const value = values[places.get(oid) ?? -1];
        return { kind: "row", relation: oid, id: value ?? null };
      };
      switch (bytes.letter()) {
        case "R": {
          const oid = relation();
          bytes.text();
          bytes.text();
          bytes.skip(1);
          const count = bytes.uint16();
          places.delete(oid);
          for (let index = 0; index < count; index += 1) {
            bytes.skip(1);
            if (bytes.text() === idColumn) places.set(oid, index);
            bytes.skip(8);
          }
          return [];
        }
        case "I": {
          const oid = relation();
          bytes.skip(1);
          return [row(oid)];
        }
        case "U": {
          const oid = relation();
          const found: Change[] = [];
          // The old key is sent where it changed, the old row where the table says `replica identity full`.
          if (bytes.letter() !== "N") {
            found.push(row(oid));
            bytes.skip(1);
          }
          return [...found, row(oid)];
        }
        case "D": {
          const oid = relation();
          bytes.skip(1);
          return [row(oid)];
        }
        case "T": {
          const count = bytes.uint32();
          bytes.skip(1);
          return [{ kind: "truncate", relations: Array.from({ length: count }, relation) }];
        }
        case "C":
          bytes.skip(1 + 8);
          return [{ kind: "commit", end: bytes.position() }];
        default:
          // Begin, origin, type, message: nothing of a row.
          return [];
      }
    },
  };
}

class Bytes {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  skip(count: number): void {
    this.#at += count;
  }

  letter(): string {
    this.#at += 1;
    return String.fromCharCode(this.#bytes.readUInt8(this.#at - 1));
  }

  uint16(): number {
    this.#at += 2;
    return this.#bytes.readUInt16BE(this.#at - 2);
  }

  uint32(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  /** A log position in its usual form, `16/B374D848`. */
  position(): string {
    const high = this.uint32();
    return `${high.toString(16).toUpperCase()}/${this.uint32().toString(16).toUpperCase()}`;
  }

  text(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    const text = this.#bytes.toString("utf8", this.#at, end);
    this.#at = end + 1;
    return text;
  }

  /** Null: empty, or not sent because it did not change. */
  tuple(): readonly (string | null)[] {
    return Array.from({ length: this.uint16() }, () => {
      const form = this.letter();
      if (form !== "t" && form !== "b") return null;
      const length = this.uint32();
      this.#at += length;
      return this.#bytes.toString("utf8", this.#at - length, this.#at);
    });
  }
}
