/** Lock-outs that are found although other combinations of rules settle much of what is searched for. */
import { expect, test } from '@jest/globals';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { kindsOf, load, validFiles } from '../../support/configuration-dir.ts';

const authenticators = kindsOf('password', 'totp', 'webauthn', 'recovery_code');
const zones = '  home: { cidrs: [198.51.100.0/24] }\n';
const enabled = 'authenticators: { webauthn: { enabled: true }, recovery_code: { enabled: true } }\n';
const withoutCodes = 'authenticators: { webauthn: { enabled: true } }\n';
const withoutKeys = 'authenticators: { recovery_code: { enabled: true } }\n';

interface Rules {
  readonly settings: string;
  readonly session?: readonly object[];
  readonly signOn: readonly object[];
  readonly account: readonly object[];
}

const file = (all: readonly object[]) =>
  `rules:\n${all.map((rule, at) => `  - ${JSON.stringify({ name: `R${at}`, ...rule })}\n`).join('')}`;
const letIn = { allow: { primary: 'any', secondFactor: 'never', idle: 'PT2H', absolute: 'P1D' } };
const one = { allow: { factors: 1 } };
const two = { allow: { factors: 2 } };

/** Severity, code and line of lock-outs and of what is undecided, and whether all users of the rules are meant. */
async function lockOuts({ settings, session = [{ then: letIn }], signOn, account }: Rules) {
  const loaded = await load(
    {
      'stepgate.yaml': `${validFiles['stepgate.yaml']}${zones}${settings}`,
      'policies/session.yaml': file(session),
      'policies/sign-on/notes.yaml': `name: notes\n${file(signOn)}`,
      'policies/account.yaml': file(account),
    },
    {},
    authenticators,
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analyse(loaded, { authenticators, now: 1_800_000_000 });
  return found
    .filter(({ code }) => code === 'lock-out' || code === 'undecided')
    .map(
      ({ severity, code, line, message }) =>
        `${severity} ${code} :${line}${message.includes('locks all users') ? ' all' : ''}`,
    );
}

const codes = ['totp'];
const chains = [[{ authenticators: codes }], [{ authenticators: ['webauthn'] }, { authenticators: ['recovery_code'] }]];

test('a rule above is named where it alone is enough, though another one is the cause elsewhere', async () => {
  const found = await lockOuts({
    settings: enabled,
    signOn: [
      { when: { groups: { all: ['c'] } }, then: { allow: { chains } } },
      { when: { groups: { none: ['d'] } }, then: { allow: { chains } } },
      { then: 'deny' },
    ],
    account: [
      { change: { add: ['recovery_code'] }, when: { groups: { all: ['c'] } }, then: 'deny' },
      { when: { groups: { any: ['a'] }, network: { any: ['office'] } }, then: one },
      { change: { add: ['recovery_code', 'webauthn'] }, then: 'deny' },
      { when: { userType: { any: ['temp'] } }, then: 'deny' },
      { then: one },
    ],
  });
  expect(found).toEqual(['error lock-out :4', 'error lock-out :5']);
});

test('all users are meant, whatever else the same rules decide about', async () => {
  const of = [
    [{ authenticators: codes }, { authenticators: ['recovery_code'] }],
    [{ authenticators: ['password'] }, { authenticators: ['webauthn'] }],
  ];
  const partners = { userType: { any: ['partner'] } };
  const found = await lockOuts({
    settings: withoutKeys,
    signOn: [
      { when: { ...partners, network: { any: ['home'] } }, then: { allow: { chains: of } } },
      { when: partners, then: { allow: { chains: of } } },
      { then: { allow: { possession: {} } } },
    ],
    account: [
      { change: { add: ['recovery_code'] }, when: { network: { none: ['office'] } }, then: one },
      { when: { groups: { any: ['a'] } }, then: 'deny' },
      { when: { groups: { any: ['c'] } }, then: { allow: { possession: {} } } },
      { then: one },
    ],
  });
  expect(found).toEqual(['error lock-out :3 all']);
});

test('what is known of a hundred combinations is not told to each of them again', async () => {
  const names = (letter: string, count: number) => Array.from({ length: count }, (_, at) => `${letter}${at}`);
  const sessions = names('s', 6);
  const both = { add: ['totp', 'webauthn'] };
  const found = await lockOuts({
    settings: withoutCodes,
    session: [...sessions.map((group) => ({ when: { groups: { any: [group] } }, then: letIn })), { then: letIn }],
    signOn: [
      {
        when: { userType: { any: ['temp'] }, groups: { none: sessions } },
        then: { allow: { possession: { phishingResistant: true } } },
      },
      ...names('o', 12).map((group) => ({ when: { groups: { any: [group] } }, then: two })),
      { then: one },
    ],
    account: [
      { change: { add: ['webauthn'] }, when: { userType: { any: ['temp'] } }, then: 'deny' },
      { change: both, when: { network: { any: ['office'] } }, then: 'deny' },
      ...names('x', 12).map((group, at) => ({
        change: both,
        when: { groups: { any: [group] } },
        then: at % 2 === 0 ? one : 'deny',
      })),
      { then: one },
    ],
  });
  expect(found).toContain('error lock-out :2');
  expect(found.filter((each) => each.includes('undecided'))).toEqual([]);
  expect(found.filter((each) => each.endsWith(' all'))).toHaveLength(6);
});
