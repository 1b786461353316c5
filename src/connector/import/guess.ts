// What names commonly mean in APIs: which field is the id, the version, the time of change; which parameter asks for a page.

/** First name that is there, compared without case, `_` and `-`. */
export function named(names: readonly string[], wanted: readonly string[]): string | null {
  const plain = new Map(names.toReversed().map((name) => [plainName(name), name]));
  for (const each of wanted) {
    const found = plain.get(plainName(each));
    if (found !== undefined) return found;
  }
  return null;
}

export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

export const MODIFIED = [
  "updated_at",
  "modified_at",
  "last_modified",
  "date_updated",
  "date_modified",
  "updated",
  "modified",
  "last_updated",
  "updated_on",
  "modified_on",
  "last_modified_date",
  "updated_date_utc",
  "last_modified_date_time",
  "write_date",
  "change_date",
];

export const VERSION = ["version", "revision", "etag", "sync_token", "lock_version", "row_version", "object_version"];

export const DELETED = ["deleted", "is_deleted", "archived", "is_archived", "deleted_at", "removed"];

/** Parameters that ask for what changed since a time. */
export const SINCE = [
  "updated_since",
  "updated_after",
  "modified_since",
  "modified_after",
  "updated_at_min",
  "updated_from",
  "changed_since",
  "since",
  "last_modified_after",
  "updated_at_gte",
];

/** Fields that commonly name one record among all. */
export const NATURAL_KEYS = [
  "email",
  "email_address",
  "external_id",
  "sku",
  "code",
  "number",
  "reference",
  "barcode",
  "isbn",
  "vat_number",
];

export const PAGE_SIZE = [
  "limit",
  "per_page",
  "page_size",
  "pagesize",
  "size",
  "count",
  "max_results",
  "top",
  "take",
  "first",
];
export const PAGE_NUMBER = ["page", "page_number", "pageno", "pageindex", "p"];
export const PAGE_OFFSET = ["offset", "skip", "start", "start_index"];
export const PAGE_TOKEN = [
  "page_token",
  "cursor",
  "after",
  "next_token",
  "continuation_token",
  "page_cursor",
  "next",
  "bookmark",
];
export const PAGE_AFTER = ["starting_after", "after_id", "since_id", "last_id", "min_id"];

/** Where an answer holds the next page's token, or its address. */
export const NEXT_TOKEN = [
  "next_page_token",
  "next_cursor",
  "next_token",
  "end_cursor",
  "continuation_token",
  "after",
  "cursor",
  "next",
];
export const NEXT_URL = ["next_page_url", "next_url", "next_link", "next_page", "next"];
export const TOTAL = ["total", "total_count", "total_results", "total_items", "item_count", "count"];

/** Elements that hold a record's id, and that name its kind, where an interface is the same for all kinds. */
export const IDS = ["id", "internalId", "recordId", "ids", "internalIds", "key"];
export const KINDS = ["type", "recordType", "sObjectType", "objectType", "entityType", "kind"];
