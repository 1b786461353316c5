// Mutations are asked for the type of what they answer with: a union that holds an error type (`EmailAddressConflictError`)
// is otherwise an empty object, and would pass for a success.

import { Kind, OperationTypeNode, visit, type DocumentNode, type FieldNode, type SelectionSetNode } from "graphql";

const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "__typename" } };

/** The document with `__typename` in what each field at the top of a mutation selects. */
export function withTypenames(document: DocumentNode): DocumentNode {
  return visit(document, {
    OperationDefinition(node) {
      if (node.operation !== OperationTypeNode.MUTATION) return false;
      return {
        ...node,
        selectionSet: {
          ...node.selectionSet,
          selections: node.selectionSet.selections.map((selection) =>
            selection.kind === Kind.FIELD && selection.selectionSet !== undefined
              ? { ...selection, selectionSet: asking(selection.selectionSet) }
              : selection,
          ),
        },
      };
    },
  });
}

function asking(set: SelectionSetNode): SelectionSetNode {
  const asked = set.selections.some(
    (selection) => selection.kind === Kind.FIELD && (selection.alias ?? selection.name).value === "__typename",
  );
  return asked ? set : { ...set, selections: [...set.selections, TYPENAME] };
}
