/**
 * Users who are denied with what most accounts begin with, and could have added what is asked for with less: a mailbox
 * that they prove makes a rule decide that asks for what no user can add. They are newcomers, and not locked out.
 */
import { expect, test } from '@jest/globals';
import { evaluate } from '../../../../../src/core/decision/evaluate.ts';
import { enrollScope } from '../../../../../src/core/enrollment/account-request.ts';
import type { Evidence, Facts } from '../../../../../src/core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../../../src/core/model/neutral-facts.ts';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { accountClientId } from '../../../../../src/policy/model/account-client-id.ts';
import { withAccountApp } from '../../../../../src/policy/revision/account-app.ts';
import { snapshotOfDocuments } from '../../../../../src/policy/revision/snapshot.ts';
import { kindsOf, load, validFiles } from '../../support/configuration-dir.ts';

const now = 1_800_000_000;
const authenticators = kindsOf('password', 'totp', 'webauthn', 'email');
const rules = (...all: readonly object[]) =>
  JSON.stringify({ rules: all.map((rule, index) => ({ name: `${index}`, ...rule })) });
const files = {
  'stepgate.yaml': `${validFiles['stepgate.yaml']}authenticators: { email: { enabled: true }, webauthn: { enabled: true } }
mail: { from: a@example.org, smtp: { host: mail.example.org } }
`,
  'policies/sign-on/notes.yaml': 'name: notes\nrules:\n  - { name: All, then: { allow: { factors: 1 } } }\n',
  'policies/enrollment.yaml': rules(
    {
      when: { authenticated: { any: ['email', 'totp'] }, userType: { any: ['temp'] } },
      then: { required: ['webauthn'] },
    },
    {
      when: { authenticated: { any: ['password'] }, network: { any: ['office'] } },
      then: { required: [{ anyOf: ['totp', 'webauthn'] }] },
    },
    { then: {} },
  ),
  'policies/account.yaml': rules(
    { change: { add: ['totp'] }, then: { allow: { factors: 2 } } },
    { change: { add: ['webauthn'] }, then: 'deny' },
    { then: { allow: { factors: 1 } } },
  ),
};

type Proof = Pick<Evidence, 'authenticator' | 'origin'>;

async function accountPages() {
  const loaded = await load(files, {}, authenticators);
  if (!loaded.ok) throw new Error('the files are refused');
  const snapshot = withAccountApp(await snapshotOfDocuments(loaded.documents, authenticators), 'https://id.test');
  const app = await snapshot.app(accountClientId);
  if (app === undefined) throw new Error('the account app is missing');
  return { loaded, policies: await snapshot.policies(app) };
}

test('a second factor that is set up in the session does not say how the user signed in', async () => {
  const { loaded, policies } = await accountPages();
  const found = await analyse(loaded, { authenticators, now });
  expect(
    found.filter(({ code }) => code.endsWith('lock-out')).map(({ severity, code }) => `${severity} ${code}`),
  ).toEqual(['warning newcomer-lock-out']);
  const enrolled = (key: string) => {
    const { factors = [], characteristics = [] } = policies.authenticators.find((each) => each.key === key) ?? {};
    return { authenticator: key, factors, characteristics };
  };
  const decide = (key: string, proofs: readonly Proof[]) => {
    const enrollments = proofs.map(({ authenticator }) => ({ ...enrolled(authenticator), id: authenticator }));
    const facts: Facts = neutralFacts({
      ...{ now, request: neutralRequest(accountClientId, ['openid', enrollScope(key)]) },
      network: { ip: '203.0.113.7', zones: [] },
      device: { known: false, platform: 'desktop', os: 'other' },
      subject: {
        ...{ id: 'ann', status: 'active', identifiers: [], groups: [], userType: 'temp', profile: {}, enrollments },
      },
    });
    const evidence = proofs.map(({ authenticator, origin }): Evidence => {
      const proof = { ...enrolled(authenticator), enrollment: authenticator, subject: 'ann', amr: [] };
      return { ...proof, at: now - 5, transaction: 'earlier', origin };
    });
    return evaluate(policies, { ...facts, evidence });
  };
  const [password, email] = ['password', 'email'].map(
    (authenticator) => ({ authenticator, origin: 'sign_in' }) as const,
  );
  if (password === undefined || email === undefined) throw new Error('no proofs');
  expect(decide('totp', [password, email])).toMatchObject({ kind: 'deny', reason: 'enrollment_forbids' });
  expect(decide('email', [password])).toMatchObject({ kind: 'enroll', choices: ['email'] });
  expect(decide('totp', [password, { ...email, origin: 'enrollment' }])).toMatchObject({
    kind: 'enroll',
    choices: ['totp'],
  });
});
