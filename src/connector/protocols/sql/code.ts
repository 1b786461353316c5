// What a function gets of a database: `query`, on one session, for as long as the operation lasts. A write is one transaction, as
// every write of ours: what the function throws, a refusal that it returns, its time being up, or a broken connection leave nothing
// behind, and a passing fault begins the whole function anew. A statement that is refused leaves the others of its transaction
// standing, in every database, so a function may catch that and say something else.

import type { Value } from "../../../core/value.ts";
import { OutOfTime, plain, valueOf } from "../../code/function.ts";
import { failureOfFunction, ToolFailure, toolsEnded, type CodeWorld } from "../../code/world.ts";
import type { Answer } from "../../protocol.ts";
import type { Dialect, SqlAnswer, SqlSession } from "./dialect.ts";
import { fault, ran, type Ran, type SqlFault } from "./fault.ts";
import { readStatement } from "./named.ts";
import { anyValue, compiled, filled } from "./source.ts";
import type { SqlValue } from "./value.ts";
import type { Work } from "./work.ts";

/** What `query` gives. */
interface QueryAnswer {
  readonly rows: readonly unknown[];
  /** Rows met by an insert, update or delete. */
  readonly count: number;
  /** Of an insert into a table that numbers its rows, where the database tells it so. */
  readonly insertedId: string | null;
}

class QueryFailure extends ToolFailure {
  readonly fault: SqlFault;

  constructor(found: SqlFault) {
    super(found.message);
    this.fault = found;
  }
}

export function sqlWorld(work: Work, dialect: Dialect): CodeWorld {
  return {
    async perform({ operation, writes }, run) {
      let refusal: Answer | null = null;
      const use = async (session: SqlSession): Promise<Ran<Answer>> => {
        refusal = null;
        const queries = createQueries(session, dialect, writes);
        try {
          const answer = await run({ query: queries.query });
          await queries.end();
          const lost = queries.lost();
          if (lost !== null) return { ok: false, fault: lost };
          if (!writes || answer.status < 400) return ran(answer);
          refusal = answer;
          return fault("refused", "E_CODE", "the function refused");
        } catch (error) {
          await queries.end();
          const lost = queries.lost();
          if (lost !== null) return { ok: false, fault: lost };
          if (error instanceof QueryFailure) return { ok: false, fault: error.fault };
          if (error instanceof OutOfTime) return fault("slow", "E_TIMEOUT", error.message);
          const failure = failureOfFunction(error, false);
          return fault("refused", "code" in failure ? failure.code : "E_CODE", failure.message);
        }
      };
      // Of a table without transactions nobody can say which it is, and MySQL has them.
      const undone = dialect.name !== "mysql";
      const made = writes ? await work.write(operation, use, undone) : await work.read(operation, use);
      if (made.ok) return { ok: true, answer: made.value };
      return refusal === null ? made : { ok: true, answer: refusal };
    },
  };
}

interface Queries {
  readonly query: (text: unknown, values?: unknown) => Promise<QueryAnswer>;
  /** No more of them; what is under way comes to its end first, within the time of one statement. */
  end(): Promise<void>;
  /** What ended the session or its transaction; null: it goes on. */
  lost(): SqlFault | null;
}

function createQueries(session: SqlSession, dialect: Dialect, writes: boolean): Queries {
  let last: Promise<unknown> = Promise.resolve();
  let ended = false;
  let broken: SqlFault | null = null;
  const { set, undo, drop } = dialect.savepoint;
  const say = (text: string): Promise<Ran<SqlAnswer>> => session.run({ text, values: [] });

  /** In a transaction that a refusal would end, each statement is one that can be taken back. */
  const run = async (text: string, values: readonly SqlValue[]): Promise<Ran<SqlAnswer>> => {
    if (ended) throw toolsEnded();
    if (broken !== null) return { ok: false, fault: broken };
    const { texts, names } = readStatement(text);
    const statement = compiled(filled(dialect, { texts, names }, takeInTurn(values)));
    const guarded = writes && dialect.failsWhole;
    if (guarded) {
      const begun = await say(set);
      if (!begun.ok) return begun;
    }
    const answer = await session.run(statement);
    if (!guarded) return answer;
    if (!answer.ok && !isOfStatement(answer.fault)) return answer;
    const closing = answer.ok ? drop : undo;
    const closed = closing === null ? answer : await say(closing);
    return closed.ok ? answer : closed;
  };

  return {
    async query(text, values = {}) {
      const given = boundValues(text, values);
      // One after the other, also when the function does not wait.
      const turn = last.then(() => run(given.text, given.values));
      last = turn.catch(() => undefined);
      const answer = await turn;
      if (answer.ok)
        return { rows: answer.value.rows.map(plain), count: answer.value.met, insertedId: answer.value.insertedId };
      if (!isOfStatement(answer.fault)) broken = answer.fault;
      throw new QueryFailure(answer.fault);
    },
    async end() {
      ended = true;
      await last;
    },
    lost: () => broken,
  };
}

function isOfStatement({ kind }: SqlFault): boolean {
  return kind === "refused" || kind === "duplicate" || kind === "auth";
}

/** The values of `:name`, by their names, in the order in which the statement names them. @throws in words for whoever wrote it. */
function boundValues(text: unknown, values: unknown): { readonly text: string; readonly values: readonly SqlValue[] } {
  if (typeof text !== "string")
    throw new TypeError("query takes a statement, and an object with the values of its :names");
  if (typeof values !== "object" || values === null || Array.isArray(values))
    throw new TypeError("values are given by name: query(text, { name: value })");
  const { texts, names } = readStatement(text);
  if (texts.join("").includes("?")) throw new TypeError("values are bound by name here: write :name in place of ?");
  const bound = names.map((name): SqlValue => {
    const value: unknown = Object.hasOwn(values, name) ? Reflect.get(values, name) : undefined;
    if (value === undefined) throw new TypeError(`the statement names :${name}, and no value of that name is given`);
    if (value instanceof Uint8Array) return value;
    const made: Value = valueOf(value);
    return anyValue(made);
  });
  return { text, values: bound };
}

function takeInTurn(values: readonly SqlValue[]): () => SqlValue {
  let index = 0;
  return () => values[index++] ?? null;
}
