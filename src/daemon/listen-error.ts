// A port that cannot be listened on: a sentence with the key to change, instead of a stack.

/** `E_LISTEN`. */
class ListenError extends Error {
  override readonly name = "ListenError";
  readonly code = "E_LISTEN";
}

const WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: "is taken by another program (perhaps another Syncline)",
  EACCES: "may not be listened on by this user",
  EADDRNOTAVAIL: "is not an address of this machine",
};

/** @param key The key of the config that names the address. */
export async function listening<T>(
  key: string,
  address: { readonly host: string; readonly port: number },
  listen: Promise<T>,
): Promise<T> {
  try {
    return await listen;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const words = WORDS[code];
    if (words === undefined) throw error;
    throw new ListenError(`${address.host}:${String(address.port)} ${words}; set another ${key} in the config`, {
      cause: error,
    });
  }
}
