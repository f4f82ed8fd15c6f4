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
  /** The number of sign-ins, if the user had not identified in them. `users` is 0 then. */
  readonly signIns?: number;
  /** The newest ones, at most three. */
  readonly examples: readonly Pick<SeenDifference, 'at' | 'transaction' | 'zones' | 'unknownZones'>[];
}

/** The most differences of users to distinguish, and those without a user, which must not push the others out. */
const maxDifferences = { ofUsers: 500, unidentified: 100 };
const maxExamples = 3;

interface Row {
  readonly difference: DecisionDifference;
  readonly users: number;
  readonly signIns?: number;
  readonly examples: readonly SeenDifference[];
}

interface Rows {
  readonly all: Map<string, Row>;
  readonly most: number;
}

/** Collects differences user by user. */
export class Tally {
  readonly #ofUsers = new Map<string, Row>();
  readonly #ofUnidentified = new Map<string, Row>();
  #users = 0;
  #unidentified = 0;
  #left = 0;

  /** The differences of one user, without duplicates. */
  addUser(seen: readonly SeenDifference[]): void {
    if (seen.length > 0) this.#users += 1;
    const rows = { all: this.#ofUsers, most: maxDifferences.ofUsers };
    for (const difference of seen) this.#add(rows, difference, { users: 1 });
  }

  /** `signIns`: the number of sign-ins that differ so and in which the user had not identified. */
  addUnidentified(difference: SeenDifference, signIns: number): void {
    this.#unidentified += signIns;
    const rows = { all: this.#ofUnidentified, most: maxDifferences.unidentified };
    this.#add(rows, difference, { users: 0, signIns });
  }

  #add({ all, most }: Rows, difference: SeenDifference, count: Pick<Row, 'users' | 'signIns'>): void {
    const key = differenceKey(difference);
    const known = all.get(key);
    if (known === undefined && all.size >= most) {
      this.#left += 1;
      return;
    }
    const { client, kind, change, before, after } = difference;
    const examples = [...(known?.examples ?? []), difference].toSorted((a, b) => b.at - a.at).slice(0, maxExamples);
    all.set(key, {
      difference: { client, kind, change, before, after },
      users: (known?.users ?? 0) + count.users,
      ...(count.signIns !== undefined && { signIns: (known?.signIns ?? 0) + count.signIns }),
      examples,
    });
  }

  /** The number of users for whom something differs. */
  get users(): number {
    return this.#users;
  }

  /** The number of sign-ins that differ and in which the user had not identified. */
  get unidentified(): number {
    return this.#unidentified;
  }

  /** The number of differences beyond the limit. */
  get left(): number {
    return this.#left;
  }

  /** Differences that lock users out come first, then by number of users or sign-ins. */
  differences(): readonly TalliedDifference[] {
    const rank = (change: DecisionChange) => changes.indexOf(change);
    const size = ({ users, signIns = 0 }: TalliedDifference) => users + signIns;
    return [...this.#ofUsers.values(), ...this.#ofUnidentified.values()]
      .map(({ difference, examples, ...counts }) => ({
        ...difference,
        ...counts,
        examples: examples.map(({ at, transaction, zones, unknownZones }) =>
          omitUndefined({ at, zones, unknownZones, transaction }),
        ),
      }))
      .toSorted((a, b) => rank(a.change) - rank(b.change) || size(b) - size(a) || (a.client < b.client ? -1 : 1));
  }
}
