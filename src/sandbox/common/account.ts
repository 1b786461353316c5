// Which installation a sandbox is: an id that lies beside its journal. A new folder is a new installation, whose records are
// others although they have the same ids.

import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

export async function accountId(folder: string, name: string): Promise<string> {
  const path = join(folder, `${name}-account.txt`);
  const known = await readFile(path, "utf8").catch(() => "");
  if (known.trim() !== "") return known.trim();
  const made = `acc_${randomUUID()}`;
  await mkdir(folder, { recursive: true });
  await writeFile(path, `${made}\n`);
  return made;
}
