// Currencies in use (ISO 4217) and how many decimals an amount of each has.

const TWO_DECIMALS =
  "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP " +
  "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK " +
  "LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB " +
  "SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER " +
  "ZAR ZMW ZWG ZWL";
const NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND";
const FOUR_DECIMALS = "CLF UYW";
/** Metals and units of account: an amount of them may have any decimals. */
const WITHOUT_UNIT = "XAG XAU XDR XPD XPT XSU XUA";

const DECIMALS = new Map<string, number | null>([
  ...rows(TWO_DECIMALS, 2),
  ...rows(NO_DECIMALS, 0),
  ...rows(THREE_DECIMALS, 3),
  ...rows(FOUR_DECIMALS, 4),
  ...rows(WITHOUT_UNIT, null),
]);

function rows(codes: string, decimals: number | null): readonly (readonly [string, number | null])[] {
  return codes.split(" ").map((code) => [code, decimals]);
}

export const CURRENCY_CODES: readonly string[] = [...DECIMALS.keys()].sort();

export function isCurrency(code: string): boolean {
  return DECIMALS.has(code);
}

/** Decimals of an amount in major units; null where the currency has no smallest unit, or is none. */
export function currencyDecimals(code: string): number | null {
  return DECIMALS.get(code) ?? null;
}
