// Sound documents made unsound: what a cable, an editor or an attacker does to bytes.

import fc from "fast-check";

/** A sound document with some of its bytes cut out, doubled or replaced; or just bytes. */
export function damaged(sound: string): fc.Arbitrary<Buffer> {
  const bytes = Buffer.from(sound);
  const place = fc.nat({ max: bytes.length });
  const dirt = fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc
      .constantFrom(
        "&a",
        "*a",
        "<<: *a",
        "!!js",
        "\t",
        "{{ }}",
        "<!DOCTYPE",
        "]]>",
        "&#0;",
        "\ud800",
        "__proto__: 1",
        '"',
        "{",
        "]",
        "\0",
      )
      .map((each) => Buffer.from(each)),
  );
  const cut = fc
    .tuple(place, place, dirt)
    .map(([from, to, each]) => Buffer.concat([bytes.subarray(0, from), each, bytes.subarray(to)]));
  return fc.oneof(
    { weight: 5, arbitrary: cut },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }).map((each) => Buffer.from(each)) },
  );
}
