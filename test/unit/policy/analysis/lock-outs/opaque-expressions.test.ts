/** Lock-outs below or beside rules with opaque expressions: none of them silences one. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { enough, seeded } from '../../../../core/support/seeded.ts';
import { kindsOf, load } from '../../support/configuration-dir.ts';
import { account, byPasskey, findings, rules, settings } from '../../support/lock-out-files.ts';
import { replayed } from '../../support/replayed-example.ts';

const authenticators = kindsOf('password', 'totp', 'webauthn', 'email', 'phone');
const now = 1_800_000_000;

const attributes = `attributes:
  department: {}
  nick: { label: { en: Nickname }, type: text }
  sites: { label: { en: Sites }, type: list }
groups: { staff: {}, admins: {} }
`;

const opaque = [
  '!user.identifiers.exists(i, i.endsWith("@corp.test"))',
  'size(user.identifiers) < 1',
  'user.identifiers[0].endsWith("@x.test")',
  'size(user.profile.sites) > 1',
  'user.profile.nick.lowerAscii() == "x"',
  'date(user.profile.nick) < now',
  'size(user.userType) > 3',
  'network.ip.startsWith("10.") || !(size(user.groups) > 2)',
] as const;

const letIn = '{ allow: { factors: 1 } }';
const session = (...all: readonly string[]) => ({
  'policies/session.yaml': rules(
    ...all,
    '{ name: Session, then: { allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } } }',
  ),
});
const signOn = (...all: readonly string[]) => ({ 'policies/sign-on/notes.yaml': `name: notes\n${rules(...all)}` });
const enrollment = (...all: readonly string[]) => ({
  'policies/enrollment.yaml': rules(...all, '{ name: Others, then: {} }'),
});
const keys = `{ name: Keys, ${byPasskey} }`;
const staff = 'when: { groups: { any: [staff] } }';

const lockOuts = {
  'a rule of the account policy denies passkeys': account('{ name: Cause, change: { add: [webauthn] }, then: deny }'),
  'a rule of the enrollment policy disables passkeys': enrollment(
    `{ name: Cause, ${staff}, then: { disabled: [webauthn] } }`,
  ),
  'a rule of the enrollment policy lets users use what they cannot add': enrollment(
    `{ name: Cause, ${staff}, then: { required: [{ anyOf: [webauthn] }], useOnly: [webauthn] } }`,
  ),
  'a rule of the session policy denies each first sign-in': session(
    '{ name: Cause, when: { device: { known: false } }, then: deny }',
  ),
} as const;

type Cause = keyof typeof lockOuts;
type Files = Readonly<Record<string, string>>;

/** Errors and warnings about lock-outs, and that one could not be decided: each with the text of its rule. */
async function told(files: Files): Promise<readonly string[]> {
  const found = await findings({ 'stepgate.yaml': `${settings}${attributes}`, ...files });
  const codes = ['lock-out', 'newcomer-lock-out', 'never-added', 'undecided'];
  return found
    .filter(({ severity, code }) => severity !== 'note' && codes.includes(code))
    .map(({ severity, code, text }) => `${severity} ${code} ${/name: ([\w ]+)/.exec(text)?.[1]}`);
}

const above = (expression: string, then: string) =>
  `{ name: Opaque, when: { expression: '${expression}' }, then: ${then} }`;

describe.each(Object.keys(lockOuts) as readonly Cause[])('%s', (cause) => {
  test('is found without an expression', async () => {
    expect(await told({ ...signOn(keys), ...lockOuts[cause] })).toContainEqual('error lock-out Cause');
  });

  test.each(opaque)('is found below %s, with an example', async (expression) => {
    // Users in several groups may not exist.
    const severity = expression.includes('user.groups') ? 'warning' : 'error';
    for (const then of ['deny', letIn]) {
      const files = { ...signOn(above(expression, then), keys), ...lockOuts[cause] };
      expect(await told(files)).toContainEqual(expect.stringMatching(`^(error|${severity}) lock-out Cause$`));
    }
    const { 'policies/session.yaml': own } = { ...session(), ...lockOuts[cause] };
    const denied = own.replace('rules:\n', `rules:\n  - ${above(expression, 'deny')}\n`);
    const files = { ...signOn(keys), ...lockOuts[cause], 'policies/session.yaml': denied };
    const code = severity === 'error' ? 'lock-out' : '(newcomer-)?lock-out';
    expect(await told(files)).toContainEqual(expect.stringMatching(`^(error|${severity}) ${code} Cause$`));
  });
});

test.each(opaque)('`explain` shows the example of a lock-out below %s', async (expression) => {
  const files = {
    'stepgate.yaml': `${settings}${attributes}`,
    ...signOn(above(expression, 'deny'), keys),
    ...lockOuts['a rule of the account policy denies passkeys'],
  };
  const loaded = await load(files, {}, authenticators);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const what = { documents: loaded.documents, authenticators, now };
  const examples = (await analyse(loaded, { authenticators, now })).flatMap(({ code, example }) =>
    code === 'lock-out' && example ? [example] : [],
  );
  expect(examples).toHaveLength(1);
  for (const example of examples) {
    const { rules: decided, ending } = await replayed(example, what);
    expect(decided).toContain('Keys');
    expect(ending).toBe('denied');
  }
});

test('where no example is found, the finding names the rules, and says what to do', async () => {
  const files = {
    ...signOn(keys),
    ...lockOuts['a rule of the enrollment policy disables passkeys'],
    ...session(above('!user.identifiers.exists(i, i.trim().substring(3) == "@x")', 'deny')),
  };
  const found = (await findings(files)).filter(({ severity }) => severity !== 'note');
  expect(found).toMatchObject([
    {
      ...{ code: 'undecided', severity: 'warning', file: 'policies/enrollment.yaml', line: 2, path: 'rules[0]' },
      message:
        'whether it locks users out could not be decided: where the rules named here decide, too, users may be unable to show or to add what they are asked for, and an expression cannot be taken apart',
      rules: [{ name: 'Keys' }, { name: 'Session' }, { name: 'Opaque' }],
      advice: 'say for whom with other conditions than `expression`, such as `attributes`',
    },
  ]);
  expect(found[0]?.example).toBeUndefined();
});

test.each(opaque)('where no users are locked out nothing is said of %s', async (expression) => {
  const files = {
    ...session(above(expression, 'deny')),
    ...signOn(above(expression, letIn), keys),
    ...account(`{ name: Keys first, change: { add: [totp] }, when: { expression: '${expression}' }, ${byPasskey} }`),
    ...enrollment(`{ name: No mail, when: { expression: '${expression}' }, then: { disabled: [email] } }`),
  };
  expect(await told(files)).toEqual([]);
});

test.each([
  'now.getHours("Europe/Berlin") >= 8',
  'network.ip.startsWith("10.")',
  'user.createdAt < now - duration("720h")',
])('what changes from one sign-in to the next locks no users out for good: %s', async (expression) => {
  const inTime = (condition: string) => ({
    ...signOn(keys),
    ...account(
      `{ name: Times, change: { add: [webauthn] }, when: { ${condition} }, then: { allow: { factors: 1 } } }`,
      '{ name: Else, change: { add: [webauthn] }, then: deny }',
    ),
  });
  const likeTime = await told(inTime('time: { from: "08:00", to: "18:00", zone: Europe/Berlin }'));
  expect(likeTime).toEqual(['warning newcomer-lock-out Else']);
  expect(await told(inTime(`expression: '${expression}'`))).toEqual(likeTime);
});

const when = fc.constantFrom(
  'groups: { any: [staff] }',
  'groups: { any: [admins] }',
  'attributes: { department: { equals: hr } }',
  'device: { known: false }',
);
const authenticator = fc.constantFrom('totp', 'webauthn', 'email');
const rulesWith = (then: fc.Arbitrary<string>, name: string) =>
  fc
    .array(fc.tuple(when, then), { minLength: 1, maxLength: 2 })
    .map((all) => all.map(([asks, does], index) => `{ name: ${name} ${index}, when: { ${asks} }, ${does} }`));
const requirement = fc.oneof(
  authenticator.map((key) => `{ allow: { possession: { authenticators: [${key}] } } }`),
  fc.constantFrom('{ allow: { factors: 2 } }', letIn, 'deny'),
);
const terms = fc.oneof(
  authenticator.map((key) => `{ disabled: [${key}] }`),
  authenticator.map((key) => `{ required: [{ anyOf: [${key}] }], useOnly: [${key}] }`),
);
const generated = fc.record({
  apps: rulesWith(
    requirement.map((then) => `then: ${then}`),
    'App',
  ),
  last: requirement.filter((then) => then !== 'deny'),
  terms: rulesWith(
    terms.map((then) => `then: ${then}`),
    'Terms',
  ),
  changes: rulesWith(
    fc.tuple(authenticator, requirement).map(([key, then]) => `change: { add: [${key}] }, then: ${then}`),
    'Change',
  ),
  expression: fc.constantFrom(...opaque),
  isInSession: fc.boolean(),
  then: fc.constantFrom('deny', letIn),
});

test('a rule above leaves every finding about lock-outs a warning at least', async () => {
  let compared = 0;
  const property = fc.asyncProperty(
    generated,
    async ({ apps, last, terms: enrollmentRules, changes, expression, isInSession, then }) => {
      const files = (isThere: boolean) => {
        const first = isThere ? [above(expression, isInSession ? 'deny' : then)] : [];
        return {
          ...session(...(isInSession ? first : [])),
          ...signOn(...(isInSession ? [] : first), ...apps, `{ name: Last, then: ${last} }`),
          ...enrollment(...enrollmentRules),
          ...account(...changes),
        };
      };
      const nameOf = (text: string) => text.split(' ').slice(2).join(' ');
      const before = (await told(files(false))).filter((text) => !text.includes('undecided')).map(nameOf);
      const after = (await told(files(true))).map(nameOf);
      compared += before.length;
      expect(after).toEqual(expect.arrayContaining(before));
    },
  );
  await fc.assert(property, seeded(150));
  expect(compared).toBeGreaterThan(enough(60));
});
