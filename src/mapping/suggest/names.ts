// How alike two paths are by their words alone: `first_name` and `firstName`, `zip` and `address.postcode`.

const SYNONYMS: readonly (readonly string[])[] = [
  ["email", "mail", "e mail", "email address"],
  ["phone", "telephone", "tel", "phone number", "mobile", "cell"],
  ["firstname", "first name", "given name", "forename", "vorname"],
  ["lastname", "last name", "surname", "family name", "nachname"],
  ["name", "full name", "display name", "title", "company", "company name"],
  ["street", "line1", "address1", "address line1", "strasse"],
  ["line2", "address2", "address line2"],
  ["city", "town", "place", "ort"],
  ["zip", "postcode", "postal code", "zipcode", "zip code", "post code", "plz"],
  ["state", "region", "province", "county"],
  ["country", "country code", "nation", "land"],
  ["currency", "currency code"],
  ["amount", "total", "sum", "grand total", "amount due"],
  ["price", "unit price", "net price"],
  ["quantity", "qty", "stock", "on hand", "count"],
  ["sku", "article", "item number", "product code", "part number"],
  ["number", "no", "reference", "ref", "code"],
  ["status", "state", "stage", "segment", "lifecycle stage", "phase", "tier"],
  ["due", "due date", "due on", "payable by"],
  ["created", "created at", "creation date"],
  ["note", "notes", "comment", "remark", "description"],
  ["website", "url", "homepage", "web"],
  ["vat", "vat id", "vat number", "tax id", "tax number"],
  ["tags", "labels", "categories"],
  ["language", "locale", "lang"],
  ["birthday", "date of birth", "birth date", "dob"],
];

/** Words of the last step of a path, or of all of them. */
export function wordsOf(text: string): readonly string[] {
  return text
    .replace(/["[\]]/g, " ")
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

function lastWords(path: string): string {
  return wordsOf(path.split(".").at(-1) ?? path).join(" ");
}

/** 1: the same words. 0: nothing in common. */
export function nameLikeness(one: string, other: string): number {
  const [a, b] = [lastWords(one), lastWords(other)];
  if (a === b || a.replaceAll(" ", "") === b.replaceAll(" ", "")) return 1;
  if (areSynonyms(a, b)) return 0.9;
  const wordsA = new Set(wordsOf(one));
  const wordsB = new Set(wordsOf(other));
  const shared = [...wordsA].filter((word) => wordsB.has(word)).length;
  return (2 * shared) / (wordsA.size + wordsB.size) / 1.25;
}

function areSynonyms(a: string, b: string): boolean {
  const plain = (text: string): string => text.replaceAll(" ", "");
  return SYNONYMS.some((words) => [a, b].every((each) => words.some((word) => plain(word) === plain(each))));
}

/** Whether a path is about one of these things, by its own words or a synonym's. */
export function isAbout(path: string, thing: string): boolean {
  return nameLikeness(path, thing) >= 0.9;
}
