/** What a browser calls itself, in the words that people use. For texts only: anybody can send any User-Agent. */

export interface BrowserInWords {
  /** `Firefox`; empty when it cannot be told. */
  readonly browser: string;
  /** `Windows`; empty when it cannot be told. */
  readonly system: string;
}

/** Longest User-Agent that is looked at (characters). */
const longest = 512;

/** The first that fits: most browsers also carry the names of those that they descend from. */
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrome\/|\bHeadlessChrome\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];

const systems: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b|\biPod\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows NT\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMacintosh\b|\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
];

/** Only names out of these two lists come out, never a piece of what came in. */
export function browserInWords(userAgent: string): BrowserInWords {
  const text = userAgent.slice(0, longest);
  const nameIn = (names: typeof browsers): string => names.find(([pattern]) => pattern.test(text))?.[1] ?? '';
  return { browser: nameIn(browsers), system: nameIn(systems) };
}
