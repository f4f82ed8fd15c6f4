/** Notices of sample pages. */
import type { RefusalCode } from '../../authenticators/refusal-codes.ts';
import type { NoticeCode } from '../../core/step/notice-codes.ts';
import type { Notice } from '../../core/step/step.ts';

/** An error, by a code of the flow or of an authenticator. */
export function errorNotice(code: NoticeCode | RefusalCode, rest: Partial<Notice> = {}): Notice {
  return { code: code as NoticeCode, level: 'error', ...rest };
}
