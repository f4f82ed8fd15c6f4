/** A difference between two configurations in one sign-in. */
import type { AskedThere, ChangeKind, NamedLocation } from '../compared/configuration-changes.ts';
import type { EffectOnUsers } from './effect-on-users.ts';
import type { SaidThere } from './said-text.ts';
import type { DecidingPolicy, DecidingRule, SignInView } from './sign-in-view.ts';
import type { StatedWays } from './ways-compared.ts';

/** One difference. */
export interface SignInDifference {
  readonly kind: ChangeKind;
  /** The sentence that follows "412 editors: ". */
  readonly headline: string;
  /** The ways to sign in of which it is told. Absent: it is not told of ways. */
  readonly ways?: StatedWays;
  /** What the words of both configurations are made of, so that those of several users can be joined. */
  readonly said?: readonly [SaidThere, SaidThere];
  readonly before: AskedThere;
  readonly after: AskedThere;
  /** Absent: none. Of users who are newly let in, there may be several. */
  readonly effects?: readonly EffectOnUsers[];
  /** The user has no second factor, but two factors are required. */
  readonly isWithoutSecondFactor?: true;
}

/** A difference before it is known where the rules are written. */
export interface ContentDifference extends Omit<SignInDifference, 'before' | 'after'> {
  /** What each configuration requires. */
  readonly words: readonly [string, string];
  /** The policies whose rules say it. */
  readonly saidBy: readonly DecidingPolicy[];
  /** The same in parts, of which other users may have only some. */
  readonly apart?: readonly Pick<ContentDifference, 'headline' | 'words'>[];
  /** Rules with the same requirement under both configurations say it, too. */
  readonly isSaidByAll?: true;
}

/** Adds where the rules are written. */
export function located(difference: ContentDifference, active: SignInView, next: SignInView): SignInDifference {
  const { words, saidBy, isSaidByAll, apart: _, ...rest } = difference;
  const differing = (own: readonly DecidingRule[], others: readonly DecidingRule[]) =>
    own.filter(
      (rule) =>
        isSaidByAll ||
        !others.some((other) => other.name === rule.name && other.file === rule.file && other.asks === rule.asks),
    );
  const rulesApart = (at: 'rules' | 'firstRules') => {
    const [before, after] = [active, next].map((view) => saidBy.flatMap((policy) => view[at][policy]));
    return { before: differing(before ?? [], after ?? []), after: differing(after ?? [], before ?? []) };
  };
  const later = rulesApart('rules');
  // Where the same rules decide once something is proved, others may decide what is asked for first.
  const said = later.before.length + later.after.length > 0 ? later : rulesApart('firstRules');
  return {
    ...rest,
    before: { words: words[0], rules: said.before.map(locationOf) },
    after: { words: words[1], rules: said.after.map(locationOf) },
  };
}

function locationOf({ asks: _, ...location }: DecidingRule): NamedLocation {
  return location;
}
