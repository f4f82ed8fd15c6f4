import { expect, test } from '@jest/globals';
import { conditionText } from '../../../../src/cli/explain/condition-text.ts';
import { denialText } from '../../../../src/cli/explain/denial-text.ts';
import { alternativesLine, missingText, requirementText } from '../../../../src/cli/explain/requirement-text.ts';
import { ageText, parseDuration } from '../../../../src/cli/shared/values/durations.ts';
import type { MissingEvidence } from '../../../../src/core/decision/missing-evidence.ts';
import type { ConditionName } from '../../../../src/core/model/conditions.ts';
import type { Denial } from '../../../../src/core/model/decision.ts';
import type { Requirement } from '../../../../src/core/model/policy.ts';
import { compileConditions } from '../../../../src/core/policy/rules/condition-table.ts';
import { durationText } from '../../../../src/policy/model/duration-text.ts';
import { conditionsAfterSignInSchema } from '../../../../src/policy/schema/policies/condition-table.ts';

const webauthn = { factor: 'possession', authenticators: ['webauthn'], characteristics: ['userVerification'] } as const;

test.each<[Requirement, readonly string[]]>([
  [{ anyOf: [{ factors: 1, demands: [] }] }, ['one factor']],
  [
    { anyOf: [{ factors: 3, demands: [], maxAge: 0 }] },
    ['three distinct factor types; everything proved in this sign-in'],
  ],
  [
    { anyOf: [{ factors: 1, demands: [{ factor: 'knowledge', authenticators: ['password'], maxAge: 43_200 }] }] },
    ['knowledge by password at most 12 h old'],
  ],
  [
    { anyOf: [{ factors: 2, demands: [{ ...webauthn, maxAge: 0 }, { exclude: ['email', 'phone'] }], maxAge: 5400 }] },
    [
      'two distinct factor types; possession by webauthn, with user verification, proved in this sign-in; any factor not by email or phone; everything at most 1 h 30 min old',
    ],
  ],
  [
    {
      anyOf: [
        { factors: 2, demands: [] },
        { factors: 1, demands: [{ characteristics: ['hardwareProtected', 'phishingResistant'] }] },
      ],
    },
    ['two distinct factor types', 'any factor, hardware-protected, phishing-resistant'],
  ],
  [
    { chains: [[{ authenticators: ['password', 'totp'] }, { authenticators: ['totp'], maxAge: 60 }]] },
    ['password or totp, then totp at most 60 s old'],
  ],
])('a requirement in words: %j', (requirement, words) => {
  expect(requirementText(requirement)).toEqual(words);
});

test.each<[MissingEvidence, string]>([
  [{ kind: 'alternative', demands: [], factors: 2, covered: [] }, 'two distinct factor types'],
  [{ kind: 'alternative', demands: [], factors: 1, covered: ['knowledge'] }, 'one more factor type besides knowledge'],
  [
    { kind: 'alternative', demands: [{ factor: 'knowledge' }], factors: 0, covered: [], maxAge: 60 },
    'knowledge; everything at most 60 s old',
  ],
  [
    { kind: 'alternative', demands: [{ factor: 'knowledge' }], factors: 2, covered: [] },
    'knowledge; two more factor types',
  ],
  [{ kind: 'chain', steps: [{ authenticators: ['totp'] }, { authenticators: ['password'] }] }, 'totp, then password'],
])('what is missing in words: %j', (missing, words) => {
  expect(missingText(missing)).toBe(words);
});

test.each<[readonly string[], string]>([
  [['one factor'], 'one factor'],
  [['totp', 'webauthn'], 'totp or webauthn'],
  [['two factors; knowledge'], 'two factors; knowledge'],
  [['two factors; knowledge', 'possession'], '(two factors; knowledge) or (possession)'],
  [['password, then totp', 'webauthn'], '(password, then totp) or (webauthn)'],
])('alternatives on one line: %j', (texts, words) => {
  expect(alternativesLine(texts)).toBe(words);
});

test.each<[string, number | undefined]>([
  ['90s', 90],
  ['10m', 600],
  ['12h', 43_200],
  ['3d', 259_200],
  ['PT12H', 43_200],
  ['p30d', 2_592_000],
  ['0s', 0],
  ['10', undefined],
  ['-5m', undefined],
  ['1h30m', undefined],
  ['', undefined],
])('a duration as admins write it: %s', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each<[number, string]>([
  [0, '0 s'],
  [90, '90 s'],
  [120, '2 min'],
  [3_661, '1 h 1 min 1 s'],
  [86_400, '1 d'],
])('%d seconds in words', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

test('an age', () => {
  expect([ageText(0), ageText(600)]).toEqual(['just now', '10 min ago']);
});

test('a formula is shown as written, in one line', () => {
  const written = 'now - user.createdAt < duration("720h") ||\n  user.profile.note == "a \\"b\\""\n';
  const expression = {
    written,
    aboutUser: true,
    varies: true,
    evaluate: () => 'hit' as const,
    logic: { text: written },
  };
  expect(conditionText({ expression }, 'expression')).toBe(
    'expression now - user.createdAt < duration("720h") || user.profile.note == "a \\"b\\""',
  );
});

test('a name with a comma or a quote is in quotes, as the options take it', () => {
  const any = ['staff', 'Sales, EMEA', '"x"', 'a\\b'];
  expect(conditionText({ groups: { any } }, 'groups')).toBe('groups any: [staff, "Sales, EMEA", """x""", a\\b]');
});

/** By condition: as a file has it. A condition that is missing here does not compile. */
const conditionsInFiles: { readonly [Name in ConditionName]: Readonly<Record<string, unknown>> | string } = {
  users: { any: ['ann@example.org'], none: ['bob@example.org'] },
  groups: { any: ['editors'], all: ['staff'], none: ['guests'] },
  userType: { any: ['clerk'] },
  network: { any: ['office'], none: ['abroad'] },
  device: { platform: ['mobile'], os: ['ios'], known: true, managed: false, assurance: { any: ['encrypted'] } },
  apps: { none: ['notes'] },
  scopes: { all: ['email'] },
  claims: { any: ['phone_number'] },
  time: { days: ['mon', 'fri'], from: '08:00', to: '24:00', zone: 'Europe/Vienna' },
  accountAge: { atLeast: 'PT1H', below: 'P30D' },
  lastSignIn: { notWithin: 'P90D' },
  risk: { atLeast: 'medium', none: ['newCountry'] },
  distance: { within: '500 km' },
  recovered: { within: 'P1D' },
  authenticated: { any: ['phone.sms'] },
  attributes: { level: { atLeast: 3, below: 7 }, hired: { after: '2027-01-15' }, unit: { matches: 'us*' } },
  expression: 'user.userType == "clerk"',
};

/** Every text, number and truth value in it; a duration as it is shown. */
function valuesIn(written: unknown): readonly string[] {
  if (typeof written === 'object' && written !== null) return Object.values(written).flatMap(valuesIn);
  const text = String(written);
  const seconds = /^P[\dT]/.test(text) ? parseDuration(text) : undefined;
  return [seconds === undefined ? text : durationText(seconds)];
}

test.each(Object.entries(conditionsInFiles))('%s is shown with the values of its file', (name, written) => {
  const when = conditionsAfterSignInSchema.parse({ [name]: written });
  const shown = compileConditions(when).map((part) => conditionText(when, part.name));
  const values = valuesIn(written);
  expect(values.filter((value) => !shown.some((line) => line.includes(value)))).toEqual([]);
  expect(values).not.toEqual([]);
});

test.each<[string, Omit<Denial, 'reason'>]>([
  ['what "Rest" of the session policy asks for', { layer: 'session', rule: 'Rest' }],
  ['what "Rest" of the sign-on policy asks for', { layer: 'app', rule: 'Rest' }],
  ['what the enrollment policy asks for', { layer: 'enrollment' }],
  ['the requirement', { layer: 'app' }],
  ['the requirement', {}],
])('a denial of what cannot be met says that it is %s', (what, more) => {
  const text = `nothing that this user has or may enroll meets ${what}`;
  expect(denialText({ reason: 'unsatisfiable', ...more })).toBe(text);
});
