/**
 * Every address is notified of every change. Therefore changes are limited and not notifications, so that users are not
 * flooded and no notification is dropped. See decision 16.
 */
import { oneHour } from '../core/model/durations.ts';
import type { Notice } from '../core/step/step.ts';
import { attemptCounter } from '../stores/keys.ts';
import type { Limit } from '../stores/store.ts';
import type { Account } from '../users/record/user.ts';
import type { Services } from './services.ts';

const changes: readonly Limit[] = [{ limit: 30, window: oneHour }];

/**
 * Counts a change before it is made. If there were too many, returns why it has to wait. Rejects with
 * `StoreUnavailable`.
 */
export async function reserveChange({
  services,
  account,
}: {
  readonly services: Pick<Services, 'store'>;
  readonly account: Account;
}): Promise<Notice | undefined> {
  const { granted, retryAfter } = await services.store.reserve(
    attemptCounter(account.user.id, 'account.change'),
    changes,
  );
  if (granted) return undefined;
  return { code: 'account.changes.exceeded', level: 'error', params: { seconds: Math.max(1, retryAfter) } };
}
