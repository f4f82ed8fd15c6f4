/** What is settled in one combination, or at one app, is not searched for in others, and no finding is lost by that. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { analysedApps } from '../../../../../src/policy/analysis/analysed/analysed-apps.ts';
import { analysedConfiguration } from '../../../../../src/policy/analysis/analysed/configuration.ts';
import { accountAdditions } from '../../../../../src/policy/analysis/lock-outs/denials/account-additions.ts';
import { rulesIn } from '../../../../../src/policy/analysis/lock-outs/denials/denial-cause.ts';
import {
  type NewcomersIn,
  newcomerSearch,
} from '../../../../../src/policy/analysis/lock-outs/denials/denied-newcomers.ts';
import type { Denied } from '../../../../../src/policy/analysis/lock-outs/denials/denied-users.ts';
import { knownOfApps } from '../../../../../src/policy/analysis/lock-outs/denials/known-of-apps.ts';
import { lockOutFinder } from '../../../../../src/policy/analysis/lock-outs/denials/lock-out-finder.ts';
import { isUsualLockOut } from '../../../../../src/policy/analysis/lock-outs/denials/usual-users.ts';
import { enough, seeded } from '../../../../core/support/seeded.ts';
import { kindsOf, load, validFiles } from '../../support/configuration-dir.ts';

const authenticators = kindsOf('password', 'totp', 'webauthn', 'email');
const zones = '  home: { cidrs: [198.51.100.0/24] }\n  lab: { cidrs: [203.0.113.0/24] }\n';
const head = `${validFiles['stepgate.yaml']}${zones}`;
const withoutMail = `${head}authenticators: { webauthn: { enabled: true } }\n`;
const withMail = `${head}authenticators: { email: { enabled: true }, webauthn: { enabled: true } }
mail: { from: a@example.org, smtp: { host: mail.example.org } }
`;

/** Zones, and groups of which rules about additions name one or two, so that several together lock users out. */
const groups = fc.constantFrom(
  ...['a', 'b', 'c', 'd', 'e'].map((group) => ({ any: [group] })),
  { all: ['a', 'b'] },
  { all: ['c', 'd'] },
  { none: ['a'] },
);
const network = fc.constantFrom({ any: ['office'] }, { any: ['home', 'lab'] }, { none: ['office'] });
const when = fc
  .record(
    {
      groups,
      network,
      userType: fc.constantFrom({ any: ['temp'] }, { any: ['partner'] }),
      device: fc.record({ known: fc.boolean() }),
      risk: fc.constant({ atLeast: 'high' }),
    },
    { requiredKeys: [] },
  )
  .filter((conditions) => Object.keys(conditions).length > 0);
const two = { allow: { factors: 2 } };
const one = { allow: { factors: 1 } };
const passkey = { allow: { possession: { phishingResistant: true } } };
const demands = fc.constantFrom<unknown>('deny', one, two, two, two, passkey);
const signOn = fc.array(fc.record({ when, then: demands }), { minLength: 3, maxLength: 6 });
const about = fc.record({
  change: fc.constantFrom({ add: ['totp'] }, { add: ['webauthn'] }, { add: ['totp', 'webauthn'] }),
  when: fc.oneof(
    { weight: 6, arbitrary: fc.record({ groups }) },
    { weight: 3, arbitrary: fc.record({ groups, network }) },
    { weight: 1, arbitrary: fc.constant({ apps: { any: ['notes'] } }) },
  ),
  then: fc.constantFrom<unknown>('deny', two, two, { allow: { possession: { authenticators: ['totp'] } } }),
});
const opening = fc.record({
  change: fc.constant({ add: ['totp', 'webauthn'] }),
  when: fc.oneof(fc.record({ network }), fc.record({ userType: fc.constant({ any: ['temp'] }) })),
  then: fc.constant(one),
});
const drawn = fc.record({
  session: fc.array(fc.record({ when, then: fc.constantFrom<unknown>('deny', {}, {}) }), { maxLength: 1 }),
  first: signOn,
  others: fc.array(signOn, { minLength: 1, maxLength: 2 }),
  enrollment: fc.array(
    fc.oneof(
      fc.record({ when, then: fc.constantFrom<unknown>({}, { required: ['totp'] }, { useOnly: ['totp'] }) }),
      fc.constant({ when: { authenticated: { any: ['totp'] } }, then: { required: ['webauthn'] } }),
    ),
    { maxLength: 1 },
  ),
  account: fc.array(fc.oneof({ weight: 5, arbitrary: about }, { weight: 1, arbitrary: opening }), {
    minLength: 5,
    maxLength: 9,
  }),
  /** Users register with an address alone, which is a second factor then. */
  mayRegister: fc.constantFrom(true, false, false),
});

type Drawn = typeof drawn extends fc.Arbitrary<infer Value> ? Value : never;

const file = (name: string | undefined, rules: readonly object[], last: unknown) => {
  const before = name === undefined ? '' : `name: ${name}\n`;
  const all = [...rules.map((rule, at) => ({ name: String(at), ...rule })), { name: 'last', then: last }];
  return `${before}rules:\n${all.map((rule) => `  - ${JSON.stringify(rule)}\n`).join('')}`;
};

const letIn = { allow: { primary: 'any', secondFactor: 'never', idle: 'PT2H', absolute: 'P1D' } };

function filesOf({ session, first, others, enrollment, account, mayRegister }: Drawn) {
  const inSession = session.map(({ then, ...rule }) => ({ ...rule, then: then === 'deny' ? then : letIn }));
  return {
    'stepgate.yaml': mayRegister ? withMail : withoutMail,
    'policies/session.yaml': file(undefined, inSession, letIn),
    'policies/sign-on/notes.yaml': file('notes', first, two),
    ...Object.assign(
      {},
      ...others.map((rules, at) => otherApp(`other${at}`, file(`other${at}`, rules, lasts[at % 2]))),
    ),
    'policies/enrollment.yaml': file(undefined, enrollment, {}),
    'policies/account.yaml': file(undefined, account, { allow: { factors: 1 } }),
    ...(mayRegister && {
      'policies/profile/default.yaml': 'name: default\nrules:\n  - { name: P, then: { register: allow } }\n',
    }),
  };
}

const lasts = [passkey, two];

const otherApp = (name: string, policy: string) => ({
  [`policies/sign-on/${name}.yaml`]: policy,
  [`apps/${name}.yaml`]: `clientId: ${name}\nname: ${name}\nsignOnPolicy: ${name}\nclient: { redirect_uris: [https://other.test/cb] }\n`,
});

const isLockOut = ({ lockOut }: Denied) => lockOut !== undefined;

/** What findings tell of the users: by the rule that comes first, or by the sign-on rule if none is the cause. */
function told(all: readonly Denied[]) {
  const byRule = Map.groupBy(all, ({ cause, combination }) =>
    JSON.stringify((rulesIn(cause)[0] ?? combination.app).location),
  );
  return [...byRule].toSorted().map(([rule, same]) => {
    const lockedOut = same.filter(isLockOut);
    const appsOf = (denied: readonly Denied[]) => [...new Set(denied.map(({ app }) => app.app.clientId))].toSorted();
    const causes = lockedOut.map(({ cause }) => JSON.stringify(rulesIn(cause).map(({ location }) => location)));
    if (lockedOut.length > 0)
      return {
        rule,
        apps: appsOf(lockedOut),
        causes: [...new Set(causes)].toSorted(),
        isForAll: lockedOut.every(({ lockOut }) => lockOut?.isForAll),
        hasUsual: lockedOut.some(isUsualLockOut),
      };
    const newcomers = same.map(({ combination: { session, app, enrollment: terms }, beginning, app: at }) =>
      [session.name, app.name, terms?.name, beginning.how, at.app.clientId].join(),
    );
    return { rule, newcomers: newcomers.toSorted() };
  });
}

test('the same is told as if each combination of each app were searched alone', async () => {
  let all = 0;
  let fewer = 0;
  let unusual = 0;
  await fc.assert(
    fc.asyncProperty(drawn, async (policies) => {
      const loaded = await load(filesOf(policies), {}, authenticators);
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
      const configuration = await analysedConfiguration(loaded, { authenticators, now: 1_800_000_000 });
      const searched = async (search: (newSearch: () => NewcomersIn) => NewcomersIn) => {
        const apps = await analysedApps(configuration);
        const additions = accountAdditions(apps, configuration);
        const finder = lockOutFinder(additions, configuration);
        const inApp = search(() => newcomerSearch(finder, knownOfApps(additions, configuration)));
        return apps.flatMap((app) => inApp(app).flatMap(({ denied }) => denied));
      };
      const together = await searched((newSearch) => newSearch());
      const alone = await searched(
        (newSearch) => (app) =>
          app.combinations.flatMap((combination) => newSearch()({ ...app, combinations: [combination] })),
      );
      expect(told(together)).toEqual(told(alone));
      all += alone.filter(isLockOut).length;
      fewer += together.filter(isLockOut).length;
      unusual += told(together).filter((each) => 'hasUsual' in each && !each.hasUsual).length;
    }),
    seeded(300),
  );
  expect(all).toBeGreaterThan(enough(2500));
  expect(all - fewer).toBeGreaterThan(enough(150));
  expect(unusual).toBeGreaterThan(enough(100));
});
