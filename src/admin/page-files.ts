// The page's files, read once at start and served as they are: no build step.

import { readdir, readFile } from "node:fs/promises";

/** Nothing but our own files, no inline script or style, no frame around us, no form to elsewhere. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

export interface PageFile {
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

export async function readPage(): Promise<readonly PageFile[]> {
  const folder = new URL("page/", import.meta.url);
  const names = (await readdir(folder)).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const type = TYPES[name.slice(name.lastIndexOf(".") + 1)];
      if (type === undefined) throw new Error(`page/${name} is of no known type`);
      return {
        path: name === "index.html" ? "/" : `/page/${name}`,
        type,
        text: await readFile(new URL(name, folder), "utf8"),
      };
    }),
  );
}
