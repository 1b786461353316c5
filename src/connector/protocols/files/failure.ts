// What went wrong with files, as the engine knows it.
//
//   fault          read                        write, before the rename        write, at the rename
//   missing        unreachable                 unreachable                     unknown
//   denied         auth                        auth                            auth
//   full           -                           unreachable: nothing was done   unknown
//   busy           again, then throttled       again, then throttled           again, then throttled
//   lost           unknown                     unreachable: nothing was done   unknown
//   refused file   malformed                   malformed: nothing was done     -
//
// A file that is still being written is E_NOT_READY: the listing fails, so that nothing of it counts as absent.

import type { RemoteFailure } from "../../contract.ts";
import { FolderFault } from "./folder.ts";
import { FileRefusal } from "./refusal.ts";

/** The file is not complete: it is waited for. */
export class NotReady extends Error {
  override readonly name = "NotReady";
}

const BUSY_WAIT_MS = 30_000;

/** @param committing The rename was under way: it may have happened. @throws what is no fault of the files. */
export function failureOf(
  error: unknown,
  how: { readonly write: boolean; readonly committing: boolean },
): RemoteFailure {
  if (error instanceof NotReady) {
    const kind = how.write ? "unreachable" : "unknown";
    return { kind, code: "E_NOT_READY", message: error.message };
  }
  if (error instanceof FileRefusal) return { kind: "malformed", code: error.code, message: error.message };
  if (!(error instanceof FolderFault)) throw error;
  const { message, code } = error;
  switch (error.reason) {
    case "denied":
      return { kind: "auth", message };
    case "busy":
      return { kind: "throttled", retryAfterMs: BUSY_WAIT_MS, message };
    case "unreachable":
    case "blocked":
      return { kind: "unreachable", code, message };
    case "missing":
      return how.committing
        ? { kind: "unknown", code, message }
        : { kind: "unreachable", code: "E_FILE_MISSING", message };
    case "full":
    case "lost":
      return how.write && !how.committing ? { kind: "unreachable", code, message } : { kind: "unknown", code, message };
    case "failed":
      // Refused by the server: a read failed, a write was not done.
      return how.write ? { kind: "rejected", code, message } : { kind: "unknown", code, message };
  }
}
