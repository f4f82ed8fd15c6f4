/** The conditions that decide about a sign-in: those of every policy that the snapshot compiles. */
import { expect, test } from '@jest/globals';
import { everyCondition, signInConditions } from '../../../../src/core/queries/sign-in-conditions.ts';
import { snapshotOfDocuments } from '../../../../src/policy/revision/snapshot.ts';
import { kindsOf, load, validFiles } from '../support/configuration-dir.ts';

const authenticators = kindsOf('password', 'email');
const rules = (name: string, then: unknown) => [
  { name, when: { groups: { any: [name] } }, then },
  { name: `Other ${name}`, then },
];
const allow = { allow: { factors: 1 } };
const lifetimes = { allow: { primary: 'any', secondFactor: 'never', idle: 'PT2H', absolute: 'PT12H' } };
const byMail = { allow: { possession: { authenticators: ['email'] } } };
const files = {
  ...validFiles,
  'stepgate.yaml': `${validFiles['stepgate.yaml']}authenticators: { email: { enabled: true } }\n`,
  'policies/session.yaml': JSON.stringify({ rules: rules('session', lifetimes) }),
  'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules: rules('app', allow) }),
  'policies/enrollment.yaml': JSON.stringify({ rules: rules('enrollment', {}) }),
  'policies/profile/default.yaml': JSON.stringify({ name: 'default', rules: rules('profile', {}) }),
  'policies/password.yaml': JSON.stringify({ rules: rules('password', {}) }),
  'policies/account.yaml': JSON.stringify({ rules: rules('accountPolicy', allow) }),
  'policies/recovery.yaml': JSON.stringify({ rules: rules('recovery', byMail) }),
};

test('the rules of every policy count, and those of the recovery policy only beside the sign-in', async () => {
  const loaded = await load(files, {}, authenticators);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const snapshot = await snapshotOfDocuments(loaded.documents, authenticators);
  const app = await snapshot.app('notes');
  if (app === undefined) throw new Error('no app');
  const policies = await snapshot.policies(app);
  const withRules = Object.entries(policies).filter(([, value]) => typeof value === 'object' && 'rules' in value);
  const kinds = withRules.map(([kind]) => kind).sort();
  expect(kinds).toHaveLength(7);
  const groupsIn = (sets: ReturnType<typeof everyCondition>) => sets.flatMap(({ groups }) => groups?.any ?? []).sort();
  expect(groupsIn(everyCondition(policies))).toEqual(kinds);
  expect(groupsIn(signInConditions(policies))).toEqual(kinds.filter((kind) => kind !== 'recovery'));
});
