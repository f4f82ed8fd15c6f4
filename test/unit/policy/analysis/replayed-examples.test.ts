/** Examples of findings in generated configurations: replayed by the evaluator, each ends as its finding says. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { analyse } from '../../../../src/policy/analysis/findings/analyse.ts';
import type { AnalysisFinding } from '../../../../src/policy/model/analysis-finding.ts';
import { enough, seeded } from '../../../core/support/seeded.ts';
import { kindsOf, load, validFiles } from '../support/configuration-dir.ts';
import { byPasskey, rules } from '../support/lock-out-files.ts';
import { replayed } from '../support/replayed-example.ts';

const authenticators = kindsOf('password', 'totp', 'webauthn');
const now = 1_800_000_000;
const settings = `${validFiles['stepgate.yaml']}authenticators: { webauthn: { enabled: true } }
attributes: { flag: { type: boolean }, level: { type: number } }
`;

const names = fc.constantFrom('one', 'two');
const conditions = fc.record(
  {
    groups: fc.constantFrom({ any: ['a'] }, { none: ['a'] }, { any: ['b'] }),
    attributes: fc.constantFrom<unknown>(
      { flag: { equals: true } },
      { level: { atLeast: 2 } },
      { level: { below: 2 } },
    ),
    userType: fc.constantFrom({ any: ['guest'] }, { none: ['guest'] }),
    scopes: fc.constant({ all: ['phone'] }),
    network: fc.constantFrom({ any: ['office'] }, { none: ['office'] }),
    risk: fc.constant({ any: ['newDevice'] }),
    apps: names.map((name) => ({ any: [name] })),
  },
  { requiredKeys: [] },
);
const newBrowsers = fc.constant({ risk: { any: ['newDevice'] } });
const when = fc.oneof({ weight: 4, arbitrary: conditions }, { weight: 1, arbitrary: newBrowsers });
/** What only administrators change. */
const lasting = conditions.map(({ groups, userType }) => ({
  ...(groups && { groups }),
  ...(userType && { userType }),
}));
const drawnRule = fc.record({ when, denies: fc.boolean() });
const some = (maxLength: number) => fc.array(drawnRule, { minLength: 1, maxLength });
const drawn = fc.record({
  session: some(2),
  one: some(2),
  two: some(2),
  account: fc.array(fc.record({ when: fc.oneof(lasting, when), denies: fc.constant(true) }), {
    minLength: 1,
    maxLength: 2,
  }),
  restDenies: fc.boolean(),
  asksKey: fc.boolean(),
});
type DrawnRules = readonly { readonly when: unknown; readonly denies: boolean }[];

const allowInSession = '{ allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } }';
const named = (all: DrawnRules, allow: string, more = '') =>
  all.map(
    ({ when: asked, denies }, at) =>
      `{ name: R${at}, ${more}when: ${JSON.stringify(asked)}, then: ${denies ? 'deny' : allow} }`,
  );
const app = (name: string, scope = '') =>
  `clientId: ${name}\nname: ${name}\nsignOnPolicy: ${name}\nclient: { redirect_uris: [https://${name}.test/cb]${scope} }\n`;

/** Whether the sign-in of the example ends in a denial, by the code of the finding. */
const endsDenied: Readonly<Partial<Record<AnalysisFinding['code'], boolean>>> = {
  'fail-open': false,
  'lock-out': true,
  'newcomer-lock-out': true,
  'returning-lock-out': true,
};

test('the examples end as their findings say', async () => {
  const counts = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(drawn, async ({ session, account, restDenies, asksKey, ...ofApps }) => {
      const oneFactor = '{ allow: { factors: 1 } }';
      const loaded = await load(
        {
          'stepgate.yaml': settings,
          'apps/notes.yaml': undefined,
          'policies/sign-on/notes.yaml': undefined,
          'apps/one.yaml': app('one'),
          // It may not ask for the scope that rules name.
          'apps/two.yaml': app('two', ', scope: openid'),
          'policies/session.yaml': rules(...named(session, allowInSession), `{ name: Rest, then: ${allowInSession} }`),
          'policies/sign-on/one.yaml': `name: one\n${rules(...named(ofApps.one, oneFactor), `{ name: Rest, then: ${restDenies ? 'deny' : oneFactor} }`)}`,
          'policies/sign-on/two.yaml': `name: two\n${rules(...named(ofApps.two, oneFactor), asksKey ? `{ name: Rest, ${byPasskey} }` : `{ name: Rest, then: ${oneFactor} }`)}`,
          'policies/account.yaml': rules(
            ...named(account, oneFactor, 'change: { add: [webauthn] }, '),
            `{ name: Rest, then: ${oneFactor} }`,
          ),
        },
        {},
        authenticators,
      );
      fc.pre(loaded.ok);
      if (!loaded.ok) return;
      for (const { code, example, file, path } of await analyse(loaded, { authenticators, now })) {
        const isDenied = endsDenied[code];
        if (isDenied === undefined || example === undefined) continue;
        const { ending, facts } = await replayed(example, { documents: loaded.documents, authenticators, now });
        expect([code, file, path, example, ending === 'denied']).toEqual([code, file, path, example, isDenied]);
        expect(facts.request.clientId === 'two' && facts.request.scopes.includes('phone')).toBe(false);
        counts.set(code, (counts.get(code) ?? 0) + 1);
      }
    }),
    seeded(200),
  );
  for (const code of Object.keys(endsDenied)) expect([code, (counts.get(code) ?? 0) > enough(1)]).toEqual([code, true]);
});
