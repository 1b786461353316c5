// What the made-up customers are made of. Nobody here exists: names are put together by chance, mail goes to the domains that
// RFC 2606 keeps for examples, and phone numbers are from ranges that were set aside for fiction where there are such.

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const FIRST_NAMES: readonly string[] = words(`
  Ada Alma Amir Anneke Astrid Bea Bram Cara Cedric Clara Cormac Dalia Daniel Edith Elias Elif Emil Esther Fergus
  Fiona Freya Gareth Gwen Hana Harriet Hugo Ines Iris Isaac Jonas Judith Kamal Keira Lara Leon Lotte Louis Maeve
  Malik Mara Marta Milan Nadia Niall Nora Olive Oscar Petra Priya Quentin Rhona Rosa Rupert Saskia Selma Sunil
  Tamsin Theo Ursula Vera Viggo Wanda Wilfred Yara Zoe
`);

export const LAST_NAMES: readonly string[] = words(`
  Abbott Ainsworth Albrecht Ashdown Barlow Beaumont Bergström Birtwistle Blackwood Boateng Brandt Calloway Carrick
  Chaudhry Corbett Dalgleish Delacroix Dubois Eastwood Ellery Fairbank Fenwick Fitzgerald Forsyth Garnier Goodall
  Greenhalgh Hargreaves Hawthorne Holloway Ibáñez Jørgensen Kapoor Kavanagh Kingsley Köhler Langley Larkin
  Lindqvist Lockhart Marchetti Merriweather Moreau Müller Nakamura Northcott Novák O'Connell O'Neill Okafor Osei
  Pemberton Pickering Quigley Ravenscroft Redfern Rosenthal Sandoval Schäfer Sharma Sinclair Stanhope Sutcliffe
  Thackeray Thornton Tremblay Underhill Vasquez Vogel Wakefield Weatherby Whitaker Winterbourne Yardley Zielinski
`);

export const MAIL_DOMAINS: readonly string[] = words(`
  harbour.example northgate.example copperleaf.example bluefinch.example oldmill.example riverbend.example
  example.com example.org example.net
`);

export const STREETS = [
  "High Street",
  "Church Lane",
  "Station Road",
  "Mill Lane",
  "Victoria Road",
  "Park Avenue",
  "Queen Street",
  "Orchard Way",
  "Harbour View",
  "Bridge Street",
  "Canal Walk",
  "Tanner's Yard",
  "Market Place",
  "Chapel Hill",
  "Foundry Lane",
  "Quayside",
] as const;

export interface Place {
  readonly city: string;
  /** ISO 3166, two letters. */
  readonly country: string;
  readonly countryName: string;
  /** `#` is a digit, `@` a letter of British postcodes; the rest stands for itself. */
  readonly postcode: string;
  /** Country code, and the number in its usual groups; `#` is a digit. */
  readonly phone: readonly [string, string];
}

const uk = (city: string, postcode: string, phone: string): Place => ({
  city,
  country: "GB",
  countryName: "United Kingdom",
  postcode,
  phone: ["44", phone],
});

/** Most customers are at home, so most of the list is. */
export const PLACES: readonly Place[] = [
  uk("London", "SE1# #@@", "20 7946 0###"),
  uk("London", "N# #@@", "20 7946 0###"),
  uk("London", "EC1V #@@", "20 7946 0###"),
  uk("Manchester", "M# #@@", "161 496 0###"),
  uk("Manchester", "M1# #@@", "161 496 0###"),
  uk("Leeds", "LS# #@@", "113 496 0###"),
  uk("Sheffield", "S1# #@@", "114 496 0###"),
  uk("Edinburgh", "EH# #@@", "131 496 0###"),
  uk("Bristol", "BS# #@@", "117 496 0###"),
  uk("Cardiff", "CF1# #@@", "29 2018 0###"),
  { city: "Dublin", country: "IE", countryName: "Ireland", postcode: "D0# @#@#", phone: ["353", "20 915 ####"] },
  { city: "Berlin", country: "DE", countryName: "Germany", postcode: "10###", phone: ["49", "30 23125 ###"] },
  // A postcode with a leading zero: read as a number, it is another one.
  { city: "Dresden", country: "DE", countryName: "Germany", postcode: "01###", phone: ["49", "89 99998 ###"] },
  { city: "Lyon", country: "FR", countryName: "France", postcode: "6900#", phone: ["33", "1 99 00 ## ##"] },
  { city: "Utrecht", country: "NL", countryName: "Netherlands", postcode: "35## @@", phone: ["31", "20 555 ####"] },
  { city: "Boston", country: "US", countryName: "United States", postcode: "021##", phone: ["1", "617 555 01##"] },
];
