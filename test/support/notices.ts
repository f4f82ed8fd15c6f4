/** Notices for fixtures of pages. */
import type { RefusalCode } from '../../src/authenticators/refusal-codes.ts';
import type { NoticeCode } from '../../src/core/step/notice-codes.ts';
import type { Notice } from '../../src/core/step/step.ts';

/** An error, by a code of the flow or of an authenticator. */
export function errorNotice(code: NoticeCode | RefusalCode, rest: Partial<Notice> = {}): Notice {
  return { code: code as NoticeCode, level: 'error', ...rest };
}
