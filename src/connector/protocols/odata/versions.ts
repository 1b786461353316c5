// Where the two versions of OData keep the same things.

export type ODataVersion = "2.0" | "4.0";

export interface Places {
  /** Path of the list in an answer. */
  readonly items: string;
  /** Path of the one record. */
  readonly item: string;
  readonly next: string;
  readonly count: string;
  readonly etag: string;
  /** Asks for the total. */
  readonly countQuery: readonly [name: string, value: string];
  readonly headers: Readonly<Record<string, string>>;
}

export const PLACES: Readonly<Record<ODataVersion, Places>> = {
  "4.0": {
    items: "value",
    item: "$",
    next: '"@odata.nextLink"',
    count: '"@odata.count"',
    etag: '"@odata.etag"',
    countQuery: ["$count", "true"],
    headers: { "OData-MaxVersion": "4.0" },
  },
  "2.0": {
    items: "d.results",
    item: "d",
    next: "d.__next",
    count: "d.__count",
    etag: "__metadata.etag",
    countQuery: ["$inlinecount", "allpages"],
    headers: { MaxDataServiceVersion: "2.0" },
  },
};

export const DELTA_LINK = '"@odata.deltaLink"';
