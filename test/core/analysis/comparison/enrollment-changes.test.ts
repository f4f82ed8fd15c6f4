/** Pairs of enrollment rules of which the one now may ask for less, in each way to sign in. */
import { describe, expect, test } from '@jest/globals';
import { decidingTogether } from '../../../../src/core/analysis/comparison/deciding-together.ts';
import { enrollmentChanges } from '../../../../src/core/analysis/comparison/enrollment-changes.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule, EnrollmentTerms } from '../../../../src/core/model/enrollment-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { allow, always, descriptor, enrollmentTerms, factors, type Key, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const rule = (name: string, terms: Partial<EnrollmentTerms>, when: Conditions = {}): EnrollmentRule => ({
  ...{ name, when },
  then: enrollmentTerms(terms),
});
const passkey = { required: [{ anyOf: ['webauthn'] }] };
const inA: Conditions = { groups: { any: ['a'] } };
const by = (...any: readonly string[]): Conditions => ({ authenticated: { any } });

type Rules = readonly EnrollmentRule[];

interface Parts {
  readonly enabled?: readonly Key[];
  readonly more?: readonly string[];
  readonly remember?: number;
}

function setOf(rules: Rules | undefined, { enabled = ['password', 'totp', 'webauthn'], more = [], remember }: Parts) {
  const then = { ...allow(factors(remember === undefined ? 1 : 2)), ...(remember !== undefined && { remember }) };
  const set: PolicySet = policiesOf({ app: always(then), enabled });
  return {
    ...set,
    authenticators: [...set.authenticators, ...more.map((key) => ({ ...descriptor.totp, key }))],
    ...(rules && { enrollment: compilePolicy({ name: 'enrollment', rules }) }),
  };
}

function changed(
  active: Rules | undefined,
  next: Rules | undefined,
  { before = {}, now = {} }: { before?: Parts; now?: Parts } = {},
) {
  const space = ruleSpace(
    [...(active ?? []), ...(next ?? [])].map(({ when }) => when),
    universe(),
  );
  const sides = { active: setOf(active, before), next: setOf(next, now), space };
  const changesOf = enrollmentChanges(sides);
  return decidingTogether(sides, space).flatMap((pair) => changesOf(pair).map((change) => ({ pair, change })));
}

/** `rule before > rule now`, with what is proved. */
function changeTexts(...asked: Parameters<typeof changed>): readonly string[] {
  const all = changed(...asked).map(({ change: { before, now, signedInWith } }) => {
    const proved =
      typeof signedInWith === 'object' ? signedInWith.proved.map(({ key }) => key).join('+') : signedInWith;
    return `${before?.name ?? '-'} > ${now?.name ?? '-'}${proved === undefined ? '' : `: ${proved}`}`;
  });
  return [...new Set(all)];
}

describe('before the sign-in', () => {
  const some = rule('a', passkey, inA);
  const all = rule('all', passkey);
  test.each<[string, Rules | undefined, Rules | undefined, readonly string[]]>([
    ['as much is asked for', [all], [rule('now', passkey)], []],
    ['less is asked for', [all], [rule('now', {})], ['all > now']],
    ['the policy is gone', [all], undefined, ['all > -']],
    ['the policy is new', undefined, [all], []],
    ['no rule decides now, which denies', [all], [some], []],
    ['no rule decided before, which denied', [some], [all], ['- > all']],
    ['more may be set up', [rule('before', { useOnly: ['totp'] })], [rule('now', {})], ['before > now']],
  ])('%s', (_, active, next, expected) => {
    expect(changeTexts(active, next)).toEqual(expected);
  });
});

describe('once a user has signed in', () => {
  const byPassword = rule('by password', passkey, by('password'));
  const rest = rule('rest', {});

  test('the rules of each way are compared', () => {
    expect(changeTexts([byPassword, rest], [byPassword, rest])).toEqual([]);
    expect(changeTexts([byPassword, rest], [rest])).toEqual(['by password > rest: password']);
    expect(changeTexts([byPassword, rest], undefined)).toEqual(['by password > -: password']);
  });

  test('rules about what may be set up are compared separately', () => {
    const closed = rule('closed', { useOnly: ['totp'] });
    expect(changeTexts([byPassword, closed], [byPassword, rest])).toEqual(['closed > rest']);
    expect(changeTexts([byPassword, closed], [rest])).toEqual(['closed > rest', 'by password > rest: password']);
  });

  test('where no rule decides now, users are denied', () => {
    const inGroup = rule('a', passkey, inA);
    expect(changeTexts([rule('all', passkey)], [byPassword, inGroup])).toEqual([]);
  });

  test('a change is about users of its rules', () => {
    const [one] = changed([rule('by password', passkey, { ...by('password'), ...inA }), rest], [rest]);
    if (!one) throw new Error('no change');
    const { pair, change } = one;
    expect(change.formulas).toEqual(expect.arrayContaining([...pair.formulas]));
    expect(change.formulas.length).toBeGreaterThan(pair.formulas.length);
  });

  test('a way is possible in a browser that remembers what the user has, and no knowledge', () => {
    const remembering = (...enabled: readonly Key[]) => ({ enabled, remember: 60 });
    const [active, next] = [[byPassword, rest], [rest]];
    const [totp, question] = [remembering('password', 'totp'), remembering('password', 'security_question')];
    expect(changeTexts(active, next, { before: totp, now: totp })).toEqual(['by password > rest: password']);
    expect(changeTexts(active, next, { before: question, now: question })).toEqual([]);
  });

  test('of too many ways it is not known', () => {
    const more = Array.from({ length: 9 }, (_, at) => `other ${at}`);
    const named = rule('named', passkey, by('password', ...more));
    const parts = { before: { more: more.slice(1) }, now: { more } };
    const unknown = changeTexts([named, rest], [rest, rule('stricter', passkey)], parts);
    expect(unknown).toContain('named > rest: unknown');
    expect(unknown).not.toContain('named > stricter: unknown');
    expect(changeTexts([named, rest], [rest], { before: { more }, now: { more } })).toEqual(['named > rest: unknown']);
  });
});
