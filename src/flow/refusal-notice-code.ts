/** Converts a refusal code to a notice code. */
import { type RefusalCode, refusalCodes } from '../authenticators/refusal-codes.ts';
import type { NoticeCode, RefusalNoticeCode } from '../core/step/notice-codes.ts';

/** Throws `TypeError` for a code that is not in the table, since such a notice would have no text. */
export function refusalNoticeCode(code: RefusalCode): NoticeCode {
  const text: string = code;
  if (!isRefusalCode(text)) throw new TypeError(`${text} is not the code of a refusal`);
  return text;
}

function isRefusalCode(code: string): code is RefusalNoticeCode {
  return Object.hasOwn(refusalCodes, code);
}
