/** What another configuration would have made of a sign-in that happened. */
import { describe, expect, test } from '@jest/globals';
import {
  compareIssuance,
  compareSignIn,
  type DecisionChange,
  withZones,
} from '../../../../src/core/analysis/comparison/compare-decisions.ts';
import type { Evidence, Facts } from '../../../../src/core/model/facts.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { allow, factors, factsOf, policiesOf, proof, userWith } from '../../support/fixtures.ts';

const enabled = ['password', 'totp', 'webauthn'] as const;
const subject = userWith(['password', 'totp']);
const transaction = { id: 'here', startedAt: factsOf({}).now };
const own = (evidence: Evidence): Evidence => ({ ...evidence, transaction: 'here' });
const [password, totp] = [own(proof('password', 'now')), own(proof('totp', 'now'))];
const earlier: Evidence = { ...proof('password', 'now'), transaction: 'before' };

const asking = (count: 1 | 2): PolicySet => policiesOf({ app: factors(count), enabled });
const denying: PolicySet = withRules({ name: 'No', when: {}, then: { kind: 'deny' } });

function withRules(...rules: readonly Rule[]): PolicySet {
  return { ...asking(1), app: compilePolicy<Rule>({ name: 'app', rules }) };
}

function compared(before: PolicySet, after: PolicySet, evidence: readonly Evidence[]) {
  const facts = factsOf({ subject, evidence, transaction });
  return compareSignIn({ policies: before, facts }, { policies: after, facts });
}

test.each<[DecisionChange, PolicySet, PolicySet, readonly Evidence[]]>([
  ['none', asking(1), asking(1), [password]],
  ['more', asking(1), asking(2), [password]],
  ['less', asking(2), asking(1), [password, totp]],
  ['less', asking(2), asking(1), [password]],
  ['denied', asking(1), denying, [password]],
  ['admitted', denying, asking(2), [password]],
  ['none', denying, denying, [password]],
  ['rule', asking(1), withRules({ name: 'Other', when: {}, then: allow(factors(1)) }), [password]],
  // What the session had proved before asks for nothing.
  ['none', asking(1), asking(1), [earlier]],
  ['more', asking(1), asking(2), [earlier, totp]],
])('%s', (change, before, after, evidence) => {
  expect(compared(before, after, evidence).change).toBe(change);
});

test('it counts the proofs of this sign-in that each side took', () => {
  const { before, after } = compared(asking(2), asking(1), [password, totp]);
  expect([before.proofs, after.proofs]).toEqual([2, 1]);
  const step = compared(asking(2), asking(1), [earlier, totp]);
  expect([step.before.proofs, step.after.proofs]).toEqual([1, 0]);
});

test('it names the proofs that are asked for in addition to those given', () => {
  expect(compared(asking(1), asking(2), [password]).after).toMatchObject({ outcome: 'ask', asks: 'challenge totp' });
});

describe('it asks for', () => {
  const passkey = factors(2, { demands: [{ authenticators: ['webauthn'] }] });
  const all = ['webauthn', 'totp', 'password'] as const;
  const asks = (facts: Partial<Facts>, app = factors(2)) => {
    const side = { policies: policiesOf({ app, enabled: all }), facts: factsOf({ transaction, ...facts }) };
    return compareSignIn(side, side).after.asks;
  };

  test('one of several, by name', () => {
    const evidence = [password];
    expect(asks({ subject: userWith(all), evidence })).toBe('challenge totp or webauthn');
    expect(asks({ subject: userWith(['password']), evidence })).toBe('enroll totp or webauthn');
  });

  test('what the rules of the account policy allow, and names each of these rules once', () => {
    const rules = [
      { name: 'Codes', change: { add: ['totp'] }, when: {}, then: allow(factors(1)) },
      { name: 'Rest', when: {}, then: allow(factors(1)) },
    ];
    const policies = {
      ...policiesOf({ app: factors(2), enabled: [...all, 'phone'] }),
      accountPolicy: compileAccountPolicy({ name: 'account', rules }),
    };
    const side = { policies, facts: factsOf({ transaction, subject: userWith(['password']), evidence: [password] }) };
    const { rule } = compareSignIn(side, side).after;
    expect(
      rule
        .split('; ')
        .filter((name) => name.startsWith('account'))
        .toSorted(),
    ).toEqual(['account: Codes', 'account: Rest']);
  });

  test('who the user is', () => {
    expect(asks({})).toBe('identify');
  });

  test('something else by the same rules', () => {
    const facts = factsOf({ subject: userWith(all), evidence: [password], transaction });
    const [before, after] = [factors(2), passkey].map((app) => ({
      policies: policiesOf({ app, enabled: all }),
      facts,
    }));
    if (!before || !after) throw new Error('no sides');
    expect(compareSignIn(before, after)).toMatchObject({
      change: 'rule',
      before: { asks: 'challenge totp or webauthn' },
      after: { asks: 'challenge webauthn' },
    });
  });
});

test('it names the rules that decided, and no layer in which none did', () => {
  const policies = withRules({ name: 'Staff', when: { groups: { any: ['staff'] } }, then: allow(factors(1)) });
  const of = (facts: Facts) => compareSignIn({ policies, facts }, { policies, facts }).after.rule;
  expect(of(factsOf({ subject: { ...subject, groups: ['staff'] }, evidence: [password], transaction }))).toBe(
    'session: everybody; app: Staff',
  );
  expect(of(factsOf({ transaction }))).toBe('session: everybody');
});

test('each side sees the zones that it has', () => {
  const facts = factsOf({ network: { ip: '192.0.2.1', zones: ['before'], unknownZones: ['lost'] } });
  expect(withZones(facts, (ip) => ({ zones: [`of ${ip}`] }))).toEqual({
    ...facts,
    network: { ip: '192.0.2.1', zones: ['of 192.0.2.1'] },
  });
});

test('an app that the other configuration does not have is denied there', () => {
  const facts = factsOf({ subject, evidence: [password], transaction });
  expect(compareSignIn({ policies: asking(1), facts }, { facts })).toMatchObject({
    change: 'denied',
    after: { outcome: 'deny', reason: 'no_app' },
  });
});

describe('at an exchange for tokens', () => {
  const exchanged = (before: PolicySet, after: PolicySet, evidence: readonly Evidence[]) => {
    const facts: Facts = factsOf({ subject, evidence });
    return compareIssuance({ policies: before, facts }, { policies: after, facts }, exchangedAt(facts.now));
  };
  const exchangedAt = (time: number, since = time + 1) => ({ time, since });

  test('the evidence has to do', () => {
    expect(exchanged(asking(1), asking(1), [password]).change).toBe('none');
    expect(exchanged(asking(1), asking(2), [password])).toMatchObject({
      change: 'denied',
      after: { reason: 'requirement_unmet' },
    });
    expect(exchanged(asking(2), asking(1), [password]).change).toBe('admitted');
  });

  test('an app that is gone gets none', () => {
    const facts = factsOf({ subject, evidence: [password] });
    expect(compareIssuance({ policies: asking(1), facts }, { facts }, exchangedAt(facts.now)).change).toBe('denied');
  });

  test('what a compared sign-in came to is not told again', () => {
    const facts = factsOf({ subject, evidence: [password] });
    const { now } = facts;
    const changeAt = (after: PolicySet, time: number, since: number) =>
      compareIssuance({ policies: asking(1), facts }, { policies: after, facts }, { time, since }).change;
    expect(changeAt(asking(2), now + 5, now)).toBe('none');
    expect(changeAt(denying, now + 5, now)).toBe('none');
    // The sign-in was before the comparison began, or would have been let in and its session have ended.
    expect(changeAt(asking(2), now + 5, now + 1)).toBe('denied');
    const then: Rule['then'] = { kind: 'allow', requirement: factors(1), appSession: { absolute: 60 } };
    const ended = withRules({ name: 'Short', when: {}, then });
    expect(changeAt(ended, now + 61, now)).toBe('denied');
    expect(changeAt(ended, now + 5, now)).toBe('rule');
  });
});
