/** Opaque parts of expressions are evaluated once for the same values. */
import { expect, test } from '@jest/globals';
import { opaquePartsReading } from '../../../../src/core/analysis/space/opaque-parts.ts';
import { truthVariable, type UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import { factsOf, fixedNow, userWith } from '../../support/fixtures.ts';

/** How often a part that reads these is evaluated for these facts, one after the other. */
function evaluations(reads: readonly string[], all: readonly UserFacts[]): number {
  let count = 0;
  const evaluate = () => {
    count += 1;
    return 'hit' as const;
  };
  const part = { evaluate, reads, texts: [], numbers: [] };
  const [holds, fails] = [truthVariable('holds', undefined), truthVariable('fails', undefined)];
  const { opaquePartsIn } = opaquePartsReading(() => [{ text: 'part', part, holds, fails }]);
  for (const facts of all) expect(opaquePartsIn(facts).get(holds)).toBe(1);
  return count;
}

const user = (profile: Readonly<Record<string, string>>, groups: readonly string[] = []) => ({
  ...factsOf(),
  subject: userWith([], { profile, groups }),
});
const at = (clientId: string) => ({ ...user({}), request: { ...user({}).request, clientId } });

test.each<[string, readonly string[], readonly UserFacts[], number]>([
  ['an attribute, whatever else is true', ['user.profile.site'], [user({ site: 'a' }), user({ site: 'a' }, ['g'])], 1],
  ['another value of it', ['user.profile.site'], [user({ site: 'a' }), user({ site: 'b' })], 2],
  ['none, and then one', ['user.profile.site'], [user({}), user({ site: 'a' })], 2],
  ['what is said of its parts', ['user.profile.site.first'], [user({ site: 'a' }), user({ site: 'b' })], 2],
  ['all of the profile', ['user.profile'], [user({ site: 'a' }), user({ site: 'b' })], 2],
  ['other facts about the user', ['user.groups'], [user({}), user({}, ['g'])], 2],
  ['the app', ['request.clientId'], [at('a'), at('a'), at('b')], 2],
  ['anything else', ['now'], [user({}), user({}), { ...user({}), now: fixedNow + 1 }], 2],
])('evaluated once for each: %s', (_, reads, all, expected) => {
  expect(evaluations(reads, all)).toBe(expected);
});
