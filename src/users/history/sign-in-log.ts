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
  /** Keys of the authenticators that were proved for it. Empty: something was set up, and the user was signed in. */
  readonly proved: readonly string[];
  readonly ip: string;
  /** As the browser reported. */
  readonly userAgent: string;
}

/** Newest sign-ins that are kept. */
const keep = keyTable['sign-in-log'].lifetime.lines;
/** Stores may keep somewhat more than they are asked to. */
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
