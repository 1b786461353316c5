// A process that uses the embedded server until its standard input ends: says `ready {…}` once it is in.

import { startEmbedded } from "../../src/store/embedded.ts";
import { quiet } from "./server.ts";

const [dataDir = ""] = process.argv.slice(2);
const embedded = await startEmbedded({ dataDir, log: quiet });
process.stdout.write(`ready ${JSON.stringify({ adopted: embedded.adopted, connection: embedded.connection })}\n`);
process.stdin.resume().on("end", () => {
  void embedded.stop().then(() => process.stdout.write("stopped\n"));
});
