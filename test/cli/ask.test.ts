// Questions at a terminal, with streams in its place.

import { PassThrough } from "node:stream";
import { expect, test } from "@jest/globals";

import { openDialog, type Terminal } from "../../src/cli/ask.ts";

function terminal(isTTY = true): Terminal & { readonly input: PassThrough; said(): string } {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let said = "";
  output.on("data", (text: Buffer) => (said += text.toString()));
  return { input, output, isTTY, said: () => said };
}

test("an answer that is none of the choices is asked for again, with the nearest one", async () => {
  const at = terminal();

  const answer = openDialog(at).ask("The other system", ["crm", "billing"]);
  at.input.write("biling\n");
  await new Promise((resolve) => setImmediate(resolve));
  at.input.write("billing\n");

  expect(await answer).toBe("billing");
  expect(at.said()).toContain("The other system (crm, billing): ");
  expect(at.said()).toContain('"biling": did you mean "billing"?');
});

test("answers that are pasted at once each reach their question", async () => {
  const at = terminal();
  const dialog = openDialog(at);

  const first = dialog.ask("The system that is named first", ["crm", "billing"]);
  at.input.end("crm\nbilling\ncontact\n");

  expect(await first).toBe("crm");
  expect(await dialog.ask("The other system", ["shop", "billing"])).toBe("billing");
  expect(await dialog.ask("The object of crm", ["invoice", "contact"])).toBe("contact");
  expect(await dialog.ask("The object of billing", ["invoice", "customer"])).toBeNull();
  dialog.close();
});

test("one choice is none: nobody is asked", async () => {
  const at = terminal();

  expect(await openDialog(at).ask("The object of crm", ["contact"])).toBe("contact");
  expect(at.said()).toBe("");
});

test("without a terminal, or where the input ends, there is no answer", async () => {
  const at = terminal();

  const answer = openDialog(at).ask("The other system", ["crm", "billing"]);
  at.input.end();

  expect(await answer).toBeNull();
  expect(await openDialog(terminal(false)).ask("The other system", ["crm", "billing"])).toBeNull();
});
