/** One result of a check, and what to do about it. */
export interface CheckResult {
  readonly level: 'ok' | 'warn' | 'fail';
  /** What was checked, e.g. `keys`. */
  readonly about: string;
  readonly text: string;
  readonly remedy?: string;
}

export function ok(about: string, text: string): CheckResult {
  return { level: 'ok', about, text };
}

export function warn(about: string, text: string, remedy?: string): CheckResult {
  return { level: 'warn', about, text, ...(remedy !== undefined && { remedy }) };
}

export function fail(about: string, text: string, remedy: string): CheckResult {
  return { level: 'fail', about, text, remedy };
}
