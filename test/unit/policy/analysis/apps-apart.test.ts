/** Whatever has conditions tells apps apart: none stands for another where a condition asks which app it is. */
import { describe, expect, test } from '@jest/globals';
import { analysis } from '../../../../src/policy/analysis/findings/analyse.ts';
import { overallVerdict } from '../../../../src/policy/analysis/invariants/invariants.ts';
import { jsonSchemas } from '../../../../src/policy/schema/json-schemas.ts';
import { authenticators, load } from '../support/configuration-dir.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;
const clientIds = ['notes', 'other', 'third'];

const apps = Object.fromEntries(
  clientIds.map((clientId) => {
    const client = { redirect_uris: [`https://${clientId}.test/cb`], grant_types: ['authorization_code'] };
    return [`apps/${clientId}.yaml`, JSON.stringify({ clientId, name: clientId, signOnPolicy: 'notes', client })];
  }),
);

async function analysed(files: Readonly<Record<string, string>>) {
  const loaded = await load({ ...apps, ...files });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  return analysis(loaded, { authenticators, now });
}

interface PolicyFile {
  readonly file: string;
  readonly name?: string;
  /** Of the rule about one app, and of the last rule. */
  readonly outcomes: readonly [unknown, unknown];
  /** No rule can only report. */
  readonly isEnforced?: true;
  /** Its rules have no expressions. */
  readonly isListed?: true;
}

const session = (absolute: string) => ({ allow: { primary: 'any', secondFactor: 'never', idle: 'PT2H', absolute } });
const policies: Readonly<Record<string, PolicyFile>> = {
  account: { file: 'account', outcomes: ['deny', { allow: { factors: 1 } }] },
  enrollment: { file: 'enrollment', outcomes: [{ disabled: ['totp'] }, {}] },
  password: { file: 'password', outcomes: [{ minLength: 16 }, { minLength: 12 }], isEnforced: true },
  profile: { file: 'profile/default', name: 'default', outcomes: [{ required: ['givenName'] }, {}] },
  recovery: { file: 'recovery', outcomes: ['deny', { allow: { factors: 1 } }] },
  service: { file: 'service/default', name: 'default', outcomes: ['deny', 'allow'], isListed: true },
  session: { file: 'session', outcomes: [session('P2D'), session('P1D')] },
  'sign-on': { file: 'sign-on/notes', name: 'notes', outcomes: [{ allow: { factors: 2 } }, { allow: { factors: 1 } }] },
};

test('these are all files with conditions', () => {
  const withConditions = [...jsonSchemas(authenticators)].filter(([, schema]) => schema.includes('"when": {'));
  const names = [...Object.keys(policies), 'invariants'].sort().map((kind) => `${kind}.schema.json`);
  expect(withConditions.map(([name]) => name).sort()).toEqual(names);
});

const inList = (clientId: string) => ({ apps: { any: [clientId] } });
const inExpression = (clientId: string) => ({ expression: `request.clientId == "${clientId}"` });

const oneRule = Object.entries(policies).flatMap(([kind, { isEnforced, isListed }]) =>
  [inList, ...(isListed ? [] : [inExpression])].flatMap((about) =>
    [false, ...(isEnforced ? [] : [true])].flatMap((reportOnly) =>
      clientIds.map((clientId) => ({ kind, when: about(clientId), reportOnly })),
    ),
  ),
);

test.each(oneRule)('a rule of this policy applies somewhere: $kind, $when, $reportOnly', async (each) => {
  const { kind, when, reportOnly } = each;
  const { file, name, outcomes } = policies[kind] as PolicyFile;
  const [then, otherwise] = outcomes;
  const written = [
    { name: 'One', when, then, ...(reportOnly && { reportOnly }) },
    { name: 'All', then: otherwise },
  ];
  const { findings } = await analysed({ [`policies/${file}.yaml`]: JSON.stringify({ name, rules: written }) });
  expect(findings.filter(({ code }) => code === 'contradictory' || code === 'shadowed')).toEqual([]);
});

describe('an invariant that asks which app it is', () => {
  test.each(clientIds)('is examined at %s', async (clientId) => {
    const when = inExpression(clientId);
    const staff = { any: [{ groups: { any: ['staff'] } }, when] };
    const rules = [
      { name: 'Staff', when: { groups: { any: ['staff'] } }, then: { allow: { factors: 2 } } },
      { name: 'All', then: { allow: { factors: 1 } } },
    ];
    const found = await analysed({
      'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules }),
      'invariants.yaml': JSON.stringify({
        invariants: [
          { name: 'Two factors there', apps: { any: clientIds }, when: staff, always: { factors: 2 } },
          { name: 'No user there', when, never: 'allow' },
        ],
      }),
    });
    expect(found.invariants.map(overallVerdict)).toEqual(['refuted', 'refuted']);
    const messages = found.findings.filter(({ code }) => code === 'invariant').map(({ message }) => message);
    expect([...new Set(messages.map((message) => message.split(': ')[0]))]).toEqual([
      `"Two factors there" does not hold in the app ${clientId}`,
      `"No user there" does not hold in the app ${clientId}`,
    ]);
    expect(messages.join()).not.toContain('because of the same rule');
  });
});
