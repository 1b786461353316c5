// Expressions may be evaluated in another process: a real wait inside the simulated world, which must not go on meanwhile.

import type { EntityMapping, Mapping } from "../mapping/mapping.ts";

export interface Watched {
  readonly mapping: Mapping;
  /** Resolves when nothing of the mapping is under way any more. */
  readonly idle: () => Promise<void>;
}

/** @param turn One turn of the event loop. */
export function watch(mapping: Mapping, turn: () => Promise<void>): Watched {
  let underWay = 0;
  const watched = <Given extends readonly unknown[], T>(
    work: (...given: Given) => Promise<T>,
  ): ((...given: Given) => Promise<T>) => {
    return async (...given) => {
      underWay += 1;
      try {
        return await work(...given);
      } finally {
        underWay -= 1;
      }
    };
  };
  const entities = mapping.entities.map((entity): EntityMapping => ({
    ...entity,
    read: watched(entity.read),
    carry: watched(entity.carry),
    write: watched(entity.write),
  }));
  return {
    mapping: { ...mapping, entities },
    async idle() {
      do await turn();
      while (underWay > 0);
    },
  };
}
