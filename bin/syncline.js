#!/usr/bin/env node
// Syncline runs from its TypeScript sources; there is no build step. The loader is registered inside this
// process instead of starting a second one, so signals, stdio and the exit code are the program's own.
import { fileURLToPath } from "node:url";
import { register } from "tsx/esm/api";

// Our own tsconfig, so that one lying in the user's working directory never changes how our sources load.
register({ tsconfig: fileURLToPath(new URL("../tsconfig.json", import.meta.url)) });

await import("../src/cli/main.ts");
