// Expressions may be evaluated in another process: a real wait inside the simulated world, which must not go on meanwhile.

import type { EntityMapping, Mapping } from "../mapping/mapping.ts";

export interface Watched {
  readonly mapping: Mapping;
  /** Resolves when nothing of the mapping is under way any more. */
  readonly idle: () => Promise<void>;
}

/** @param turn One turn of the event loop. */
export function watch(mapping: Mapping, turn: () => Promise<void>): Watched {
  const work = { underWay: 0 };
  const watched = async <T>(promised: Promise<T>): Promise<T> => {
    work.underWay += 1;
    try {
      return await promised;
    } finally {
      work.underWay -= 1;
    }
  };
  const entities = mapping.entities.map((entity): EntityMapping => ({
    ...entity,
    read: (...given) => watched(entity.read(...given)),
    carry: (...given) => watched(entity.carry(...given)),
    write: (...given) => watched(entity.write(...given)),
  }));
  return {
    mapping: { ...mapping, entities },
    async idle() {
      do await turn();
      while (work.underWay > 0);
    },
  };
}
