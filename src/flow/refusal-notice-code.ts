/** The code of a refusal as the code of a notice. */
import type { RefusalCode } from '../authenticators/refusal-codes.ts';
import type { NoticeCode, RefusalNoticeCode } from '../core/step/notice-codes.ts';

export function refusalNoticeCode(code: RefusalCode): NoticeCode {
  return code as string as RefusalNoticeCode;
}
