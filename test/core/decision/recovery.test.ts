/** Recovering a password: what is asked for, what is told before a proof, and what the new password is worth. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { askedInAll } from '../../../src/core/analysis/simulation/asked-in-all.ts';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { isRecovering, recoverableAuthenticator } from '../../../src/core/decision/recovery.ts';
import { recoveryAfter, recoveryNow } from '../../../src/core/enrollment/recovery-after-enrollment.ts';
import { countedEvidence } from '../../../src/core/evidence/counted-evidence.ts';
import type { Evidence, Facts, Subject } from '../../../src/core/model/facts.ts';
import { noEnrollment } from '../../../src/core/model/no-enrollment.ts';
import type { Requirement, Rule } from '../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { isLostWithout } from '../../../src/core/queries/removal.ts';
import { decoySubject } from '../../../src/core/step/decoy.ts';
import {
  allow,
  always,
  enrolled,
  enrollmentTerms,
  factors,
  factsOf,
  fixedNow,
  type Key,
  type PolicyParts,
  policiesOf,
  proof,
  thisTransaction,
  userWith,
} from '../support/fixtures.ts';
import { seeded } from '../support/seeded.ts';

const byEmail: Requirement = factors(1, { demands: [{ authenticators: ['email'] }] });
const twoProofs: Requirement = { chains: [[{ authenticators: ['email'] }, { authenticators: ['recovery_code'] }]] };

function policies(then: Rule['then'] = allow(byEmail), more: PolicyParts = {}): PolicySet {
  const set = policiesOf(more);
  return {
    ...set,
    authenticators: set.authenticators.map((authenticator) => {
      if (authenticator.key === 'password') return { ...authenticator, enrollable: true, underPasswordPolicy: true };
      return authenticator.key === 'email' ? { ...authenticator, enrollable: true } : authenticator;
    }),
    recovery: compilePolicy({
      name: 'recovery',
      rules: [
        { name: 'Guests', when: { groups: { any: ['guests'] } }, then: { kind: 'deny' } },
        { name: 'Rest', when: {}, then },
      ],
    }),
  };
}

function recovering(
  subject: Subject | undefined,
  evidence: readonly Evidence[] = [],
  more: Partial<Facts> = {},
): Facts {
  const transaction = { id: thisTransaction, startedAt: fixedNow - 60, recovering: true } as const;
  return { ...factsOf({ evidence, transaction, ...(subject && { subject }) }), ...more };
}

const inRecovery = (key: Key): Evidence => proof(key, 'now', { origin: 'recovery' });
const usual = userWith(['password', 'email', 'totp']);

const byCode: Requirement = factors(1, { demands: [{ authenticators: ['recovery_code'] }] });
const office = (then: Rule['then']): Rule => ({ name: 'Office', when: { network: { any: ['office'] } }, then });
const deniedHere: Rule = { name: 'Here', when: { network: { none: ['office'] } }, then: { kind: 'deny' } };
const ofStaff: Rule = {
  name: 'Staff',
  when: { groups: { any: ['staff'] }, network: { any: ['office'] } },
  then: allow(byEmail),
};

describe('a recovery', () => {
  test('first asks who the user is, whatever the rules say of some users', () => {
    expect(evaluate(policies(), recovering(undefined)).kind).toBe('identify');
  });

  test('asks for what the rule names, and then for a new password', () => {
    expect(evaluate(policies(), recovering(usual))).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'email', enrollments: ['email'] }],
    });
    expect(evaluate(policies(), recovering(usual, [inRecovery('email')]))).toMatchObject({
      kind: 'enroll',
      choices: ['password'],
      trace: { layers: [{ policy: 'recovery', decidedBy: 'Rest', satisfied: true }] },
    });
  });

  test('may take two proofs by different means', () => {
    const user = userWith(['password', 'email', 'recovery_code']);
    const decideAfter = (...keys: readonly Key[]) =>
      evaluate(policies(allow(twoProofs)), recovering(user, keys.map(inRecovery)));
    expect(decideAfter()).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'email' }] });
    expect(decideAfter('email')).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'recovery_code' }] });
    expect(decideAfter('email', 'recovery_code')).toMatchObject({ kind: 'enroll', choices: ['password'] });
  });

  test('does not count the password, nor what was proved before', () => {
    const before = [proof('password', 'now'), proof('email', 30), proof('totp', 30)];
    expect(evaluate(policies(), recovering(usual, before))).toMatchObject({ kind: 'challenge' });
    const any = policies(allow(factors(1)));
    expect(evaluate(any, recovering(userWith(['password']), [proof('password', 'now')]))).toMatchObject({
      kind: 'challenge',
      withheld: { reason: 'unsatisfiable', layer: 'app', rule: 'Rest' },
    });
  });

  test.each<[string, Rule, Rule['then'], readonly Key[], true | undefined]>([
    ['in the office less is asked for', office(allow(byEmail)), allow(twoProofs), ['email'], true],
    ['it is denied outside the office alone', deniedHere, allow(byEmail), ['email'], true],
    ['nothing that the user has is asked for anywhere', office(allow(byCode)), allow(twoProofs), ['email'], undefined],
    ['in the office it is denied, too', office({ kind: 'deny' }), allow(twoProofs), ['email'], undefined],
    ['others are asked for less in the office', ofStaff, allow(twoProofs), ['email'], undefined],
  ])('that is denied may go on in other circumstances: %s', (_, first, then, keys, isPassing) => {
    const rules = [first, { name: 'Rest', when: {}, then }];
    const set = { ...policies(), recovery: compilePolicy({ name: 'recovery', rules }) };
    const decided = evaluate(set, recovering(userWith(['password', 'email']), keys.map(inRecovery)));
    expect(decided.kind).toBe('deny');
    expect(decided).toEqual(
      isPassing ? expect.objectContaining({ isPassing }) : expect.not.objectContaining({ isPassing: true }),
    );
  });

  test('is not held up by what the app asks for', () => {
    const strict = policies(allow(byEmail), { app: factors(3), minimumAcr: 'phr' });
    const request = { ...factsOf().request, acrValues: ['phr'], acrEssential: true, maxAge: 0, promptLogin: true };
    expect(evaluate(strict, recovering(usual, [inRecovery('email')], { request })).kind).toBe('enroll');
  });

  test('gives no password to an account that has none', () => {
    const passwordless = userWith(['email', 'webauthn']);
    expect(evaluate(policies(), recovering(passwordless))).toMatchObject({ kind: 'challenge' });
    expect(evaluate(policies(), recovering(passwordless, [inRecovery('email')]))).toMatchObject({
      kind: 'deny',
      reason: 'nothing_to_recover',
    });
  });

  test('uses nothing that the enrollment policy disables', () => {
    const terms = enrollmentTerms({ disabled: ['email'] });
    const enrollment = compilePolicy({ name: 'enrollment', rules: [{ name: 'All', when: {}, then: terms }] });
    expect(evaluate({ ...policies(), enrollment }, recovering(usual, [inRecovery('email')]))).toMatchObject({
      kind: 'challenge',
      withheld: { reason: 'enrollment_forbids', layer: 'enrollment', rule: 'All' },
    });
    const without = userWith(['password', 'totp']);
    expect(evaluate({ ...policies(), enrollment }, recovering(without))).toMatchObject({
      kind: 'challenge',
      withheld: { reason: 'unsatisfiable', layer: 'app', rule: 'Rest' },
    });
  });

  test('there is none without a policy', () => {
    const { recovery: _, ...without } = policies();
    expect(evaluate(without, recovering(usual))).toMatchObject({ kind: 'deny', reason: 'no_policy' });
    expect(evaluate(without, recovering(undefined))).toMatchObject({ kind: 'deny', reason: 'no_policy' });
    expect(isRecovering(recovering(usual))).toBe(true);
    expect(isRecovering(factsOf())).toBe(false);
  });
});

describe('before a proof a recovery looks the same', () => {
  const known = evaluate(policies(), recovering(usual));
  const decoy = decoySubject({ id: 'd', entropy: 1, identifierKind: 'address' }, policies().authenticators);
  const users: readonly (readonly [string, Subject])[] = [
    ['for an unknown user', decoy],
    ['for an unknown user who types no address', { ...decoy, enrollments: [] }],
    ['without a mailbox', userWith(['password', 'totp'])],
    ['without anything', userWith([])],
    ['suspended', { ...usual, status: 'suspended' }],
    ['denied by a rule', { ...usual, groups: ['guests'] }],
    ['without a password', userWith(['email'])],
  ];

  test.each(users)('%s', (_who, subject) => {
    const decision = evaluate(policies(), recovering(subject));
    expect(decision.kind).toBe(known.kind);
    const keys = decision.kind === 'challenge' ? decision.options.map(({ authenticator }) => authenticator) : [];
    expect(keys).toEqual(['email']);
  });

  test('and gives the reason after one', () => {
    const suspended: Subject = { ...usual, status: 'suspended' };
    expect(evaluate(policies(), recovering(suspended, [inRecovery('email')]))).toMatchObject({
      reason: 'account_inactive',
    });
    const guest: Subject = { ...usual, groups: ['guests'] };
    expect(evaluate(policies(), recovering(guest, [inRecovery('email')]))).toMatchObject({
      reason: 'rule',
      rule: 'Guests',
    });
  });
});

describe('a user who is not let in sees the page of one who could prove what the rule names first', () => {
  const phoneOrMail: Requirement = factors(1, { demands: [{ authenticators: ['phone', 'email'] }] });
  const twoRules = (requirement: Requirement) =>
    compilePolicy({
      name: 'recovery',
      rules: [
        {
          name: 'Staff',
          when: { groups: { any: ['staff'] } },
          then: allow(factors(1, { demands: [{ authenticators: ['totp'] }] })),
        },
        { name: 'Rest', when: {}, then: allow(requirement) },
      ],
    });
  const optionsFor = (requirement: Requirement, has: readonly Key[], more: PolicyParts = {}) => {
    const set = { ...policies(allow(byEmail), more), recovery: twoRules(requirement) };
    const decision = evaluate(set, recovering(userWith(has, { status: 'suspended' })));
    return decision.kind === 'challenge' ? decision.options : [];
  };

  test.each<[string, Requirement, readonly Key[], PolicyParts, object]>([
    ['of its own rule', byEmail, ['email', 'totp'], {}, { authenticator: 'email', enrollments: ['email'] }],
    ['without having it', byEmail, ['totp'], {}, { authenticator: 'email', enrollments: [noEnrollment] }],
    ['in a chain', twoProofs, ['totp'], {}, { authenticator: 'email', enrollments: [noEnrollment] }],
    [
      'of those that are enabled',
      phoneOrMail,
      ['phone', 'email'],
      { enabled: ['password', 'email', 'totp'] },
      { authenticator: 'email', enrollments: ['email'] },
    ],
    ['first of all', phoneOrMail, ['email'], {}, { authenticator: 'phone', enrollments: [noEnrollment] }],
  ])('%s', (_what, requirement, has, more, expected) => {
    expect(optionsFor(requirement, has, more)).toEqual([expected]);
  });

  test('or that of the account, where no rule names any', () => {
    const unnamed = { ...policies(), recovery: compilePolicy(always(allow(factors(1)))) };
    expect(evaluate(unnamed, recovering({ ...usual, status: 'suspended' }))).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'email', enrollments: ['email'] }, { authenticator: 'totp' }],
      withheld: { reason: 'account_inactive' },
    });
  });
});

test('it is offered where some user could prove what some rule asks for', () => {
  expect(recoverableAuthenticator(policies())).toBe('password');
  expect(recoverableAuthenticator(policies(allow(byEmail), { enabled: ['password', 'totp'] }))).toBeUndefined();
  expect(recoverableAuthenticator(policies({ kind: 'deny' }))).toBeUndefined();
  expect(recoverableAuthenticator(policies(allow(factors(1)), { enabled: ['password'] }))).toBeUndefined();
  expect(recoverableAuthenticator(policiesOf())).toBeUndefined();
  const { authenticators, ...rest } = policies();
  const fixed = authenticators.map((authenticator) => ({ ...authenticator, enrollable: false }));
  expect(recoverableAuthenticator({ ...rest, authenticators: fixed })).toBeUndefined();
});

/** Recovered by the mailbox. */
const recovery = { at: fixedNow - 100, by: ['email'] };
const afterMail = (keys: readonly Key[]): Subject => userWith(keys, { recovery });

function signIn(requirement: Requirement, keys: readonly Key[], proved: readonly Key[]) {
  const set = policies(allow(byEmail), { app: requirement });
  const evidence = proved.map((key) => proof(key, 'now'));
  return evaluate(set, factsOf({ subject: afterMail(keys), evidence }));
}

describe('next to the mailbox that recovered it, a password is no second factor', () => {
  test('not by number, not by name, not in a chain', () => {
    const both = ['password', 'email'] as const;
    const named = factors(2, {
      demands: [
        { factor: 'knowledge', authenticators: ['password'] },
        { factor: 'possession', authenticators: ['email'] },
      ],
    });
    const chain: Requirement = { chains: [[{ authenticators: ['password'] }, { authenticators: ['email'] }]] };
    for (const requirement of [factors(2), named, chain]) {
      const decision = signIn(requirement, both, both);
      expect(decision.kind).not.toBe('allow');
      expect(decision.kind).not.toBe('challenge');
    }
  });

  test('the tokens state what it is', () => {
    const decision = signIn(factors(1), ['password', 'email'], ['password', 'email']);
    expect(decision).toMatchObject({ kind: 'allow', assurance: { amr: ['email', 'pwd'], acr: 'pwd' } });
  });

  test('next to another factor it is one, in any order', () => {
    const keys = ['password', 'email', 'totp'] as const;
    expect(signIn(factors(2), keys, ['password', 'email'])).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'totp' }],
    });
    for (const proved of [keys, ['totp', 'password'], ['email', 'password', 'totp']] as const)
      expect(signIn(factors(2), keys, proved)).toMatchObject({ kind: 'allow', assurance: { acr: '2fa' } });
    expect(signIn(factors(2), keys, ['email', 'totp'])).toMatchObject({ kind: 'challenge' });
  });

  test('its account reaches one factor, so the first other one may be added, and two once there is another', () => {
    const signedIn = signIn(factors(2), ['password', 'email'], ['password', 'email']);
    expect(signedIn).toMatchObject({ kind: 'enroll' });
    const set = policies(allow(byEmail), { app: factors(1) });
    const account: PolicySet = { ...set, isAccountApp: true };
    const request = { ...factsOf().request, scopes: ['account:change'] };
    const change = (keys: readonly Key[], proved: readonly Key[]) =>
      evaluate(
        account,
        factsOf({ subject: afterMail(keys), evidence: proved.map((key) => proof(key, 'now')), request }),
      );
    expect(change(['password', 'email'], ['email']).kind).toBe('allow');
    expect(change(['password', 'email', 'totp'], ['password', 'email'])).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'totp' }],
    });
  });
});

describe('an address that another factor adds is not the mailbox', () => {
  const phone = factors(2, { demands: [{ factor: 'possession', authenticators: ['phone'] }] });

  test('a user who must prove that factor first may add it', () => {
    const keys = ['password', 'email', 'totp'] as const;
    expect(signIn(phone, keys, ['password'])).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'totp' }],
    });
    expect(signIn(phone, keys, ['password', 'totp'])).toMatchObject({ kind: 'enroll', choices: ['phone'] });
  });

  test('a user who has no such factor may not', () => {
    const set = policies(allow(byEmail), { app: phone });
    const authenticators = set.authenticators.map((each) => ({ ...each, enrollable: each.key === 'phone' }));
    const decide = (...keys: readonly Key[]) => {
      const evidence = [proof('password', 'now'), proof('email', 'now')];
      return evaluate({ ...set, authenticators }, factsOf({ subject: afterMail(keys), evidence })).kind;
    };
    expect(decide('password', 'email', 'totp')).toBe('challenge');
    expect(decide('password', 'email')).toBe('deny');
  });
});

test('a user who removed the password may set up a new one by the mailbox, where the app asks for it', () => {
  const set = policies(allow(byEmail), { app: factors(1, { demands: [{ authenticators: ['password'] }] }) });
  const authenticators = set.authenticators.map((each) => ({ ...each, enrollable: each.key === 'password' }));
  const decide = (...proved: readonly Key[]) =>
    evaluate(
      { ...set, authenticators },
      factsOf({ subject: afterMail(['email']), evidence: proved.map((key) => proof(key, 'now')) }),
    );
  expect(decide()).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'email' }] });
  expect(decide()).not.toHaveProperty('withheld');
  expect(decide('email')).toMatchObject({ kind: 'enroll', choices: ['password'] });
  const facts = factsOf({ subject: afterMail(['email']) });
  const asked = askedInAll({ ...set, authenticators }, facts);
  expect(asked?.proofs.sets).toEqual([[{ authenticator: 'email' }, { authenticator: 'password', toEnroll: true }]]);
  // So it is not lost with the password.
  const withPassword = factsOf({ subject: afterMail(['password', 'email']) });
  expect(isLostWithout({ ...set, authenticators }, withPassword, 'password')).toBe(false);
});

describe('the memory of a recovery', () => {
  const made = (subject: Subject, added: Key, proved: readonly Key[]) => {
    const set = policies();
    const evidence = countedEvidence(
      subject,
      set,
      factsOf({ subject, evidence: proved.map((key) => proof(key, 'now')) }),
    );
    const [enrollment] = enrolled(added);
    const own = set.authenticators.find(({ key }) => key === added);
    if (!enrollment || !own) throw new Error('no such authenticator');
    return recoveryAfter(subject, { enrollment: { ...enrollment, id: 'new' }, descriptor: own, evidence });
  };

  test.each<[string, Key, readonly Key[], readonly string[]]>([
    ['stays when the mailbox alone changes the password', 'password', ['email'], ['email']],
    ['stays when mailbox and password change the password', 'password', ['email', 'password'], ['email']],
    ['ends when another factor changes the password', 'password', ['password', 'totp'], []],
    ['a security question is no other factor', 'password', ['password', 'security_question'], ['email']],
    ['gets the next address that the mailbox adds', 'phone', ['email'], ['email', 'new']],
    ['does not get an address that another factor adds', 'phone', ['totp', 'password'], ['email']],
    ['leaves the first other factor free', 'totp', ['email', 'password'], ['email']],
    ['leaves recovery codes free', 'recovery_code', ['email'], ['email']],
  ])('%s', (_what, added, proved, by) => {
    const subject = afterMail(['password', 'email', 'totp', 'security_question']);
    expect(made(subject, added, proved)).toEqual({ at: recovery.at, by });
  });

  test('there is none where there was none, or where it has ended', () => {
    expect(made(userWith(['password', 'email']), 'password', ['email'])).toBeUndefined();
    const ended = userWith(['password', 'email'], { recovery: { at: 1, by: [] } });
    expect(made(ended, 'phone', ['email'])).toEqual({ at: 1, by: [] });
  });
});

test('a user who has the mailbox alone never ends above one factor, in any order of what a mailbox can do', () => {
  const moves = fc.array(fc.constantFrom('recover', 'remove password', 'set password', 'add phone', 'add email'), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(moves, (sequence) => {
      let subject = afterMail(['password', 'email']);
      let drawn = 0;
      for (const move of sequence) subject = step(subject, move, `${move} ${drawn++}`);
      const set = policies(allow(byEmail), { app: factors(2) });
      const evidence = subject.enrollments.map((enrollment) => ({
        ...proof('email', 'now'),
        ...enrollment,
        enrollment: enrollment.id,
        amr: [enrollment.authenticator],
      }));
      const two = evaluate(set, factsOf({ subject, evidence }));
      expect(two.kind).not.toBe('allow');
      const decision = evaluate({ ...set, app: policiesOf().app as never }, factsOf({ subject, evidence }));
      expect(decision.kind).toBe('allow');
      if (decision.kind === 'allow') expect(decision.assurance.amr).not.toContain('mfa');
    }),
    seeded(300),
  );
});

/** One move of a user who proves addresses, and the password where there is one. */
function step(subject: Subject, move: string, id: string): Subject {
  const rest = subject.enrollments.filter(({ authenticator }) => authenticator !== 'password');
  const has = rest.length < subject.enrollments.length;
  if (move === 'remove password') return { ...subject, enrollments: rest };
  if (move === 'recover') {
    if (!has) return subject;
    const by = rest.map((enrollment) => enrollment.id).slice(0, 1);
    const memory = recoveryNow(subject, { at: fixedNow, by });
    return { ...subject, recovery: memory, enrollments: [...rest, { ...one('password'), id }] };
  }
  const key = move === 'set password' ? 'password' : move === 'add phone' ? 'phone' : 'email';
  const added = { ...one(key), id };
  const evidence = countedEvidence(
    subject,
    policies(),
    factsOf({
      subject,
      evidence: subject.enrollments.map((each) => ({ ...proof('email', 'now'), ...each, enrollment: each.id })),
    }),
  );
  const memory = recoveryAfter(subject, { enrollment: added, descriptor: descriptorOf(key), evidence });
  const kept = key === 'password' ? rest : subject.enrollments;
  return { ...subject, ...(memory && { recovery: memory }), enrollments: [...kept, added] };
}

function one(key: Key) {
  const [enrollment] = enrolled(key);
  if (!enrollment) throw new Error('no enrollment');
  return enrollment;
}

function descriptorOf(key: Key) {
  const found = policies().authenticators.find((each) => each.key === key);
  if (!found) throw new Error('no such authenticator');
  return found;
}
