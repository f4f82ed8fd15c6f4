/**
 * Whether the text is one origin as a content security policy names it (CSP Level 3 section 2.3.1), perhaps with `*.`
 * for all hosts below. Anything that could end the directive is none.
 */
export function isOrigin(text: string): boolean {
  return /^https?:\/\/(\*\.[a-z0-9-]+\.)?[a-z0-9.-]+(:\d{1,5})?$/.test(text);
}
