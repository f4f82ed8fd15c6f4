/** Counts the differences of real sign-ins: how many users each affects, with examples. */
import {
  changes,
  type DecisionChange,
  type DecisionDifference,
  differenceKey,
} from '../../../core/analysis/comparison/compare-decisions.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { SeenDifference } from '../../../policy/revision/shadow-record.ts';

/** One difference, and the number of users that it affects. */
export interface TalliedDifference extends DecisionDifference {
  readonly users: number;
  /** The newest ones, at most three. */
  readonly examples: readonly Pick<SeenDifference, 'at' | 'transaction' | 'zones' | 'unknownZones'>[];
}

/** The most differences to distinguish. */
const maxDifferences = 500;
const maxExamples = 3;

/** Collects differences user by user. */
export class Tally {
  readonly #all = new Map<string, { difference: DecisionDifference; users: number; examples: SeenDifference[] }>();
  #users = 0;
  #left = 0;

  /** The differences of one user, without duplicates. */
  addUser(seen: readonly SeenDifference[]): void {
    if (seen.length > 0) this.#users += 1;
    for (const difference of seen) this.#add(difference);
  }

  #add(difference: SeenDifference): void {
    const key = differenceKey(difference);
    const known = this.#all.get(key);
    if (known === undefined && this.#all.size >= maxDifferences) {
      this.#left += 1;
      return;
    }
    const { client, kind, change, before, after } = difference;
    const row = known ?? { difference: { client, kind, change, before, after }, users: 0, examples: [] };
    const examples = [...row.examples, difference].toSorted((a, b) => b.at - a.at).slice(0, maxExamples);
    this.#all.set(key, { ...row, users: row.users + 1, examples });
  }

  /** The number of users for whom something differs. */
  get users(): number {
    return this.#users;
  }

  /** The number of differences beyond the limit. */
  get left(): number {
    return this.#left;
  }

  /** Differences that lock users out come first, then by number of users. */
  differences(): readonly TalliedDifference[] {
    const rank = (change: DecisionChange) => changes.indexOf(change);
    return [...this.#all.values()]
      .map(({ difference, users, examples }) => ({
        ...difference,
        users,
        examples: examples.map(({ at, transaction, zones, unknownZones }) =>
          omitUndefined({ at, zones, unknownZones, transaction }),
        ),
      }))
      .toSorted((a, b) => rank(a.change) - rank(b.change) || b.users - a.users || (a.client < b.client ? -1 : 1));
  }
}
