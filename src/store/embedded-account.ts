// As whom Postgres runs. It refuses to run as root, so root hands it to an ordinary account; what that account cannot reach
// (a home folder with mode 0700) has to be put elsewhere.

import { realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The account that exists on every Unix to own nothing. */
const NOBODY: Account = { uid: 65534, gid: 65534 };

/**
 * Null: as whoever we are. Root gives it to the owner of the cluster, who may have started it as himself before.
 * @param cluster The folder of the cluster; it need not exist.
 */
export function accountFor(cluster: string): Account | null {
  if (process.getuid?.() !== 0) return null;
  const owner = statSync(cluster, { throwIfNoEntry: false });
  return owner === undefined || owner.uid === 0 ? NOBODY : { uid: owner.uid, gid: owner.gid };
}

/** Whether the account may enter every folder on the way to this path, and the path itself. */
export function canReach(path: string, account: Account | null): boolean {
  if (account === null) return true;
  let folder = realpathSync(path);
  for (;;) {
    const { mode, uid, gid } = statSync(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    const parent = dirname(folder);
    if (parent === folder) return true;
    folder = parent;
  }
}
