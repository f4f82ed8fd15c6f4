/** What a diff tells users they must do, against every way through both sign-ins, each decided by the evaluator. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contentOf, type SignInContent } from '../../../../../src/cli/config/diff/compared/sign-in-content.ts';
import { effectOf } from '../../../../../src/cli/config/diff/sign-ins/effect-on-users.ts';
import { setUpChange } from '../../../../../src/cli/config/diff/sign-ins/set-up.ts';
import { subsetsOf } from '../../../../../src/core/analysis/space/subsets.ts';
import { type EnrollingWorld, enrollingWorld, factsIn, policiesIn } from '../../../../core/support/enrolling-worlds.ts';
import { descriptor } from '../../../../core/support/fixtures.ts';
import { enough, seeded } from '../../../../core/support/seeded.ts';
import { type WalkedSignIn, walkedSignIn } from '../../../../core/support/walked-sign-ins.ts';

const keys = Object.keys(descriptor);
const changed = fc.subarray<keyof EnrollingWorld>(
  ['app', 'session', 'enrollment', 'account', 'profile', 'enrollable'],
  {
    minLength: 1,
    maxLength: 2,
  },
);
const denying: EnrollingWorld['app'] = [{ when: {}, then: { kind: 'deny' } }];
/** The same user under both. Some policies are others, and now and then a rule denied before. */
const pair = fc
  .tuple(enrollingWorld, enrollingWorld, changed, fc.nat(5))
  .map(([before, other, parts, chance]): readonly [EnrollingWorld, EnrollingWorld] => [
    chance === 0 ? { ...before, app: denying } : before,
    { ...before, ...Object.fromEntries(parts.map((part) => [part, other[part]])) },
  ]);

interface Side {
  readonly content: SignInContent;
  readonly walked: WalkedSignIn;
}

function sideOf(world: EnrollingWorld): Side {
  const [policies, facts] = [policiesIn(world), factsIn(world)];
  return { content: contentOf(policies, facts, []), walked: walkedSignIn(policies, facts, facts.subject) };
}

/** What the effect is, by all ways. */
function expectedKind(before: Side, after: Side): string | undefined {
  const [could, can] = [before, after].map(({ walked }) => walked.sets.length > 0);
  if (could && !can) return 'locked_out';
  if (!could && can && before.content.asks !== 'denied') return 'let_in';
  if (!can) return before.content.asks === 'denied' && after.content.asks !== 'denied' ? 'kept_out' : undefined;
  const isMore = (some: readonly string[]) => after.walked.fewestOf(some) > (could ? before.walked.fewestOf(some) : 0);
  if (subsetsOf(keys).some(isMore)) return 'must_enroll';
  return after.walked.mustFillIn && !(could && before.walked.mustFillIn) ? 'must_fill_in' : undefined;
}

test('is what all ways of the new sign-in take, and not all of the old one', () => {
  const seen = new Map<string | undefined, number>();
  fc.assert(
    fc.property(pair, ([one, other]) => {
      const [before, after] = [sideOf(one), sideOf(other)];
      const kind = effectOf(before.content, after.content)?.kind;
      expect(kind).toBe(expectedKind(before, after));
      const { added } = setUpChange(before.content.least, after.content.least);
      for (const some of added) expect(after.walked.fewestOf(some)).toBeGreaterThan(before.walked.fewestOf(some));
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }),
    seeded(900),
  );
  for (const kind of ['locked_out', 'let_in', 'must_enroll']) expect(seen.get(kind)).toBeGreaterThan(enough(25));
  for (const kind of ['must_fill_in', 'kept_out']) expect(seen.get(kind)).toBeGreaterThan(enough(5));
});
