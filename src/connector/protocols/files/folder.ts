// What the files protocol asks of a place with files in it, local or over SFTP. Names are those of files directly in the
// folder, or paths below it; what goes wrong is a FolderFault, thrown inside this protocol only.

export interface FolderEntry {
  readonly name: string;
  readonly size: number;
  /** Time of the last change by the folder's own clock, in milliseconds; over SFTP whole seconds. */
  readonly modifiedMs: number;
  /** Differs when the file was written to or replaced, as far as the place can tell. */
  readonly identity: string;
}

export interface FileReading {
  readonly entry: FolderEntry;
  /** The bytes, in order, a chunk at a time. @throws FolderFault */
  chunks(): AsyncIterable<Buffer>;
  /** The file as it is now, for noticing that it was written to while it was read. */
  again(): Promise<FolderEntry>;
  close(): Promise<void>;
}

export interface FileWriting {
  write(bytes: Buffer): Promise<void>;
  /** Everything written is on the disk before this ends. */
  finish(): Promise<void>;
  /** Ends without keeping anything. */
  discard(): Promise<void>;
}

export interface Folder {
  /** Files only, in no order. */
  list(below?: string): Promise<readonly FolderEntry[]>;
  /** Null: there is no such file. */
  entry(name: string): Promise<FolderEntry | null>;
  open(name: string): Promise<FileReading>;
  /** Makes or empties the file. */
  write(name: string): Promise<FileWriting>;
  /** Takes the place of what has that name, in one step. */
  rename(from: string, to: string): Promise<void>;
  /** Made with those above it; there already: nothing happens. */
  makeFolder(name: string): Promise<void>;
  close(): Promise<void>;
}

/**
 *   missing      the folder or file is not there
 *   denied       no right, or the login is refused
 *   full         no room, or over quota
 *   busy         for the moment: locked, too many open files or connections
 *   unreachable  never reached
 *   lost         the connection broke off: what was asked last may have been done
 *   blocked      an address that may not be reached, or a host key that is not the one expected
 *   failed       anything else: it was refused
 */
export type FaultReason = "missing" | "denied" | "full" | "busy" | "unreachable" | "lost" | "blocked" | "failed";

export class FolderFault extends Error {
  override readonly name = "FolderFault";
  readonly reason: FaultReason;
  readonly code: string;

  constructor(reason: FaultReason, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.code = code;
  }
}
