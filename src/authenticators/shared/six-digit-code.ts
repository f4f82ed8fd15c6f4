/** Codes of six digits, as users type and paste them. */
import type { Refused } from '../authenticator.ts';
import { refuse } from './results.ts';

/** The six digits, without grouping, with full-width digits converted to plain ones. */
export function readSixDigitCode(text: unknown): string | Refused {
  if (typeof text !== 'string' || text.trim() === '') return refuse('credentials.required');
  const code = text.length > 64 ? '' : text.normalize('NFKC').replace(/[\s\p{Cf}-]/gu, '');
  return /^[0-9]{6}$/.test(code) ? code : refuse('credentials.malformed');
}
