import { test } from "@jest/globals";
import { scenarios } from "./scenario.ts";
const all = scenarios();
const FIRST = "Ada Anna Ben Carl Clara David Emma Eva Felix Frank George Hanna Henry Ida Jack James Jane John Julia Karl Laura Leo Lisa Lucas Maria Mark Martin Max Mia Michael Nina Oliver Oscar Paul Peter Robert Sara Simon Sophie Thomas Tom William Yusuf Zoe".split(" ");
const LAST = "Smith Jones Taylor Brown Wilson Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Koch Bauer Richter Klein Wolf Rossi Ferrari Bianchi Novak Kowalski Nowak Garcia Lopez Martinez Sanchez Dubois Moreau Laurent Simon Michel Hansen Olsen Larsen Berg Lund Gruber Huber Steiner Moser Hofer Leitner Berger Fuchs Eder Fink".split(" ");
let seed = 7; const rnd = (n: number) => { seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0; return Math.floor(seed / 4294967296 * n); };
const N = Number(process.env["N"] ?? 10000);
test("bench", async () => {
  const s = await all.start({ match: "match: [{ score: { name: 1 }, link_at: 0.95, review_at: 0.8 }]", name: "{ as: person_name }", fields: "phone: { as: { phone: GB } }\npostcode: { as: postal_code }", entity: "at_link: a", state: "proposed" });
  for (let i = 0; i < N; i += 1) {
    const first = FIRST[rnd(FIRST.length)] ?? "", last = (LAST[rnd(LAST.length)] ?? "") + (rnd(3) === 0 ? "" : ["son", "mann", "er", "ek", "ova", "berg", "feld", "hauser"][rnd(8)]);
    const phone = `+4420${String(70000000 + rnd(29999999))}`, postcode = `SW${1 + rnd(20)}A ${rnd(9)}AA`;
    s.a.put("thing", { email: `x${i}@a.example`, name: `${first} ${last}`, phone, postcode });
    const k = rnd(10);
    const name = k === 0 ? `${last}, ${first}` : k === 1 ? `${first[0]}. ${last}` : k === 2 ? `${first} ${last.slice(0, 3)}${last.slice(4)}` : `${first} ${last}`;
    s.b.put("thing", { email: `x${i}@b.example`, name, phone: rnd(10) === 0 ? null : phone, postcode });
  }
  const t0 = Date.now(); const c0 = process.cpuUsage();
  const r = await s.test.plan("sweep");
  console.log("plan s", (Date.now() - t0) / 1000, "cpu", Math.round((process.cpuUsage(c0).user + process.cpuUsage(c0).system) / 1e5) / 10, JSON.stringify(r.report.entities["thing"]?.situations), process.memoryUsage().rss >> 20, JSON.stringify((r.plan?.document as any)?.forecast)?.slice(0, 600));
}, 600000);
