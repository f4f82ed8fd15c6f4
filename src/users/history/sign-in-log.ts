/** The newest sign-ins of a user, for the user to review. */
import type { Seconds } from '../../core/model/facts.ts';
import { keyTable } from '../../stores/key-table.ts';
import { signInLogKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';

export interface SignInEntry {
  /** Epoch seconds. */
  readonly at: Seconds;
  /** Client id of the app. */
  readonly client: string;
  /** Uid of the SSO session. */
  readonly session: string;
  /** Keys of the authenticators that the user proved. Empty if the user was signed in by setting something up. */
  readonly proved: readonly string[];
  readonly ip: string;
  /** As the browser reported. */
  readonly userAgent: string;
}

/** How many of the newest sign-ins are kept. */
const keep = keyTable['sign-in-log'].lifetime.lines;
/** Stores may keep somewhat more lines than required. */
const page = 500;

export function appendSignIn(unit: UnitOfWork, userId: string, entry: SignInEntry): void {
  unit.add({ op: 'append', key: signInLogKey(userId), value: JSON.stringify(entry), keep });
}

function parseSignIn(value: string): SignInEntry {
  return JSON.parse(value) as SignInEntry;
}

/** Newest first. Rejects with `StoreUnavailable`. */
export async function readSignIns(store: Store, userId: string): Promise<readonly SignInEntry[]> {
  const lines = await store.tail(signInLogKey(userId), undefined, page);
  return lines
    .map(({ value }) => parseSignIn(value))
    .reverse()
    .slice(0, keep);
}
