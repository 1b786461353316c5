// What to ask of a type: everything that is a value, and of what lies below it the same once more.

import {
  getNamedType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
} from "graphql";

type Field = GraphQLField<unknown, unknown>;

/** The type below non-null, when it is an object. */
export function namedObject(type: GraphQLOutputType): GraphQLObjectType | null {
  const bare = isNonNullType(type) ? type.ofType : type;
  if (isListType(bare)) return null;
  return isObjectType(bare) ? bare : null;
}

/** Fields that are values, or lists of values, and need no argument. */
export function leafFields(type: GraphQLObjectType): readonly Field[] {
  return Object.values(type.getFields()).filter((field) => needsNothing(field) && isLeafType(getNamedType(field.type)));
}

/** @param type Null: nothing is known of it. */
export function selectionOf(type: GraphQLObjectType | null): string {
  if (type === null) return "";
  const below = Object.values(type.getFields()).flatMap((field) => {
    const inner = needsNothing(field) ? namedObject(field.type) : null;
    if (inner === null || inner === type || /connection$/i.test(inner.name)) return [];
    const leaves = leafFields(inner).map(({ name }) => name);
    return leaves.length === 0 ? [] : [`${field.name} { ${leaves.join(" ")} }`];
  });
  return [...leafFields(type).map(({ name }) => name), ...below].join(" ");
}

function needsNothing(field: Field): boolean {
  return field.args.every((arg) => !isNonNullType(arg.type) || arg.defaultValue !== undefined);
}
