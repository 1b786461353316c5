// Generated expressions and inputs. The names are few, so that paths lead somewhere and lists meet lists.

import fc from "fast-check";

type Source = fc.Arbitrary<string>;

const name = fc.constantFrom("a", "b", "c", "d");
const number = fc.constantFrom("0", "1", "2", "-1", "3", "0.1", "0.2", "2.5", "1.5", "-2.5", "1e21", "10");
const text = fc.constantFrom(
  '""',
  '"x"',
  '"ab"',
  '"a b"',
  "'b'",
  '"1"',
  '"12.50"',
  '"Ünïcode 😀x"',
  '"2026-01-31"',
  '"$1-$0"',
  '" a  b "',
);
const pattern = fc.constantFrom(
  "/a/",
  "/[a-c]+/",
  "/(a)|(b)/",
  "/\\\\d+/",
  "/^x?/",
  "/B/i",
  "/(\\\\w)(\\\\w)/",
  "/ +/",
);

const times = fc.constantFrom(
  '"2026-01-31"',
  '"2026-02-30"',
  '"2026"',
  '"2026-13-01"',
  '"2026-01-31T10:11:12.5+02:00"',
  "$y",
);

/** The variables that are in sight, so that no generated expression is refused for a name. */
interface Sight {
  readonly variables: readonly string[];
}

function leaf({ variables }: Sight): Source {
  return fc.oneof(
    { weight: 6, arbitrary: name },
    { weight: 2, arbitrary: number },
    { weight: 2, arbitrary: text },
    { weight: 1, arbitrary: fc.constantFrom("true", "false", "null") },
    { weight: 2, arbitrary: fc.constantFrom("$", "$$", ...variables) },
  );
}

function template(parts: readonly string[], ...holes: Source[]): Source {
  return fc.tuple(...holes).map((filled) => parts.map((part, index) => part + (filled[index] ?? "")).join(""));
}

const write = (parts: TemplateStringsArray, ...holes: Source[]): Source => template(parts, ...holes);

const unary = fc.constantFrom(
  "$string",
  "$length",
  "$uppercase",
  "$lowercase",
  "$trim",
  "$number",
  "$boolean",
  "$not",
  "$exists",
  "$count",
  "$sum",
  "$max",
  "$min",
  "$average",
  "$keys",
  "$type",
  "$distinct",
  "$reverse",
  "$sort",
  "$merge",
  "$abs",
  "$floor",
  "$ceil",
  "$round",
  "$sqrt",
  "$join",
  "$encodeUrlComponent",
  "$encodeUrl",
  "$base64encode",
);
const withContext = fc.constantFrom(
  "$string",
  "$length",
  "$uppercase",
  "$trim",
  "$number",
  "$boolean",
  "$not",
  "$keys",
  "$round",
  "$abs",
);
const binaryFunction = fc.constantFrom(
  "$substring",
  "$substringBefore",
  "$substringAfter",
  "$contains",
  "$split",
  "$join",
  "$append",
  "$lookup",
  "$round",
  "$power",
  "$string",
);
const handed = fc.constantFrom(
  "$string",
  "$uppercase",
  "$substring",
  "$count",
  "$exists",
  "$not",
  "$number",
  "$append",
  "$type",
  "$keys",
  "$sum",
);
const operator = fc.constantFrom("+", "-", "*", "/", "%", "=", "!=", "<", "<=", ">", ">=", "&", "and", "or", "in");

/** @param depth How deep parts may nest; 0: a leaf. */
export function expression(depth: number, sight: Sight): Source {
  if (depth <= 0) return leaf(sight);
  const part = expression(depth - 1, sight);
  const short = expression(Math.min(depth - 1, 1), sight);
  const order = fc.constantFrom("", "<", ">");
  const arms: { weight: number; arbitrary: Source }[] = [
    { weight: 4, arbitrary: leaf(sight) },
    { weight: 6, arbitrary: write`${fc.oneof(name, part.map(bracketed))}.${name}` },
    { weight: 3, arbitrary: write`${name}.${name}.${name}` },
    { weight: 2, arbitrary: write`${name}.${name}[]` },
    { weight: 1, arbitrary: write`${name}[].${name}` },
    { weight: 2, arbitrary: write`${part.map(bracketed)}[]` },
    { weight: 3, arbitrary: write`${fc.oneof(name, part.map(bracketed))}[${fc.oneof(number, short)}]` },
    { weight: 3, arbitrary: write`${name}.${name}[${short}]` },
    { weight: 2, arbitrary: write`${name}[${short}].${name}` },
    { weight: 2, arbitrary: write`${name}.(${part})` },
    { weight: 2, arbitrary: write`${part.map(bracketed)}.(${short})` },
    { weight: 2, arbitrary: write`${name}.[${part}, ${short}]` },
    { weight: 1, arbitrary: write`[${part}, ${short}].${name}` },
    { weight: 1, arbitrary: write`[${part}, ${short}][${short}]` },
    { weight: 1, arbitrary: write`${name}.[${name}][${fc.constantFrom("0", "1", "-1")}]` },
    { weight: 2, arbitrary: write`${name}.{"k": ${part}, "l": ${short}}` },
    { weight: 1, arbitrary: write`${name}{${fc.oneof(name, text)}: ${short}}` },
    { weight: 1, arbitrary: write`${name}.${name}{$string(${name}): ${short}, "z": ${short}}` },
    { weight: 1, arbitrary: write`${part.map(bracketed)}{"g": ${short}}` },
    { weight: 2, arbitrary: write`${name}^(${order}${name})` },
    { weight: 1, arbitrary: write`${name}^(${order}${name}, ${order}${short})[0].${name}` },
    { weight: 1, arbitrary: write`${part.map(bracketed)}^(${order}$)` },
    { weight: 5, arbitrary: write`(${part} ${operator} ${part})` },
    { weight: 1, arbitrary: write`-${part.map(bracketed)}` },
    { weight: 3, arbitrary: write`(${part} ? ${part} : ${short})` },
    { weight: 1, arbitrary: write`(${part} ? ${short})` },
    { weight: 1, arbitrary: write`(${short} ?? ${short})` },
    { weight: 1, arbitrary: write`(${short} ?: ${short})` },
    { weight: 2, arbitrary: write`[${part}]` },
    { weight: 2, arbitrary: write`[${part}, ${short}]` },
    { weight: 1, arbitrary: write`[${fc.constantFrom("0", "1", "a", "3")}..${fc.constantFrom("0", "2", "3", "b")}]` },
    { weight: 2, arbitrary: write`{"k": ${part}, ${fc.oneof(text, name)}: ${short}}` },
    { weight: 3, arbitrary: write`${unary}(${part})` },
    { weight: 1, arbitrary: write`${name}.${withContext}()` },
    { weight: 2, arbitrary: write`${withContext}()` },
    { weight: 1, arbitrary: write`${part.map(bracketed)}.${unary}(${short})[0]` },
    { weight: 3, arbitrary: write`${binaryFunction}(${part}, ${short})` },
    { weight: 1, arbitrary: write`$substring(${part}, ${number}, ${number})` },
    { weight: 1, arbitrary: write`$replace(${part}, ${short}, ${text})` },
    { weight: 1, arbitrary: write`$fromMillis(${fc.constantFrom("0", "1e12", "-1.5e12", "a", "b.c")})` },
    { weight: 1, arbitrary: write`$toMillis(${fc.oneof(part, times)})` },
    { weight: 1, arbitrary: write`$replace($string(${part}), ${pattern}, ${text})` },
    { weight: 1, arbitrary: write`$split($string(${part}), ${pattern}, ${number})` },
    { weight: 1, arbitrary: write`$match($string(${part}), ${pattern})` },
    { weight: 1, arbitrary: write`$contains(${part}, ${pattern})` },
    { weight: 1, arbitrary: write`${name}.$contains(${pattern})` },
    { weight: 1, arbitrary: write`${name}.$replace(${pattern}, ${text})` },
    { weight: 1, arbitrary: write`${name}.$each(function($e, $k) { $k })` },
    { weight: 1, arbitrary: write`$pad($string(${short}), ${fc.constantFrom("5", "-8", "0")}, ${text})` },
    { weight: 2, arbitrary: write`${part.map(bracketed)} ~> ${unary}` },
    { weight: 1, arbitrary: write`${part.map(bracketed)} ~> ${binaryFunction}(${short})` },
    { weight: 1, arbitrary: write`$${fc.constantFrom("map", "filter", "sort")}(${part}, ${handed})` },
    { weight: 1, arbitrary: block(depth, sight) },
    { weight: 4, arbitrary: withLambda(depth, sight) },
  ];
  return fc.oneof(...arms);
}

function bracketed(source: string): string {
  return `(${source})`;
}

function block(depth: number, sight: Sight): Source {
  const variable = `$w${String(depth)}`;
  const inside = { variables: [...sight.variables, variable] };
  return fc
    .tuple(expression(depth - 1, sight), expression(depth - 1, inside))
    .map(([value, body]) => `(${variable} := ${value}; ${body})`);
}

function withLambda(depth: number, sight: Sight): Source {
  const names = [`$v${String(depth)}`, `$i${String(depth)}`, `$l${String(depth)}`];
  const list = expression(depth - 1, sight);
  const lambda = fc.integer({ min: 1, max: 3 }).chain((count) => {
    const parameters = names.slice(0, count);
    const body = expression(depth - 1, { variables: [...sight.variables, ...parameters, ...parameters] });
    return body.map((made) => `function(${parameters.join(", ")}) { ${made} }`);
  });
  const caller = fc.constantFrom("$map", "$filter", "$each", "$sift", "$sort", "$reduce");
  return fc.tuple(caller, list, lambda).map(([call, over, written]) => `${call}(${over}, ${written})`);
}

const scalar = fc.constantFrom<unknown>(
  0,
  1,
  2,
  3,
  -1,
  0.1,
  0.2,
  2.5,
  "",
  "x",
  "ab",
  "a b c",
  "1",
  "B",
  "12.50",
  true,
  false,
  null,
);

/** JSON values over few names. */
export const input: fc.Arbitrary<unknown> = fc.letrec<{ any: unknown; list: unknown; fields: unknown }>((tie) => ({
  any: fc.oneof({ depthSize: "small", withCrossShrink: true }, scalar, tie("fields"), tie("list"), tie("fields")),
  list: fc.oneof(fc.array(scalar, { maxLength: 3 }), fc.array(tie("any"), { minLength: 1, maxLength: 4 })),
  fields: fc.dictionary(name, tie("any"), { maxKeys: 4 }),
})).any;
