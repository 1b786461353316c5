// Customers for the measurements: a dozen fields, about 600 bytes as JSON, the same ones each time.

export interface Customer {
  readonly [name: string]: string | number | boolean | Readonly<Record<string, string>> | readonly string[];
  readonly id: string;
  readonly email: string;
  readonly updatedAt: string;
}

const FIRST = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Ken"];
const LAST = ["Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Allen", "Thompson"];
const CITY = ["London", "Vienna", "Zürich", "Amsterdam", "Graz", "Lyon"];

function customer(index: number): Customer {
  const first = FIRST[index % FIRST.length] ?? "";
  const last = LAST[(index >> 3) % LAST.length] ?? "";
  return {
    id: `c${String(index).padStart(8, "0")}`,
    email: `${first}.${last}.${String(index)}@example.com`,
    firstname: first,
    lastname: last,
    phone: `+4420794${String(10_000 + (index % 90_000))}`,
    street: `${String((index % 200) + 1)} Long Street`,
    city: CITY[index % CITY.length] ?? "",
    zip: String(1000 + (index % 9000)),
    country: index % 3 === 0 ? "GB" : "AT",
    stage: index % 5 === 0 ? "lead" : "customer",
    revenue: `${String(index % 100_000)}.${String(index % 100).padStart(2, "0")}`,
    vip: index % 17 === 0,
    note: `Met at the fair in ${CITY[index % CITY.length] ?? ""}; wants to hear from us again before the end of the quarter.`,
    tags: ["fair", `batch-${String(index % 40)}`, index % 2 === 0 ? "even" : "odd"],
    owner: { id: `u${String(index % 25)}`, name: LAST[index % LAST.length] ?? "" },
    updatedAt: new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString(),
  };
}

export function customers(count: number): readonly Customer[] {
  return Array.from({ length: count }, (_, index) => customer(index));
}
