/** Examples of findings in generated configurations: replayed by the evaluator, each ends as its finding says. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { analyse } from '../../../../src/policy/analysis/findings/analyse.ts';
import type { AnalysisFinding } from '../../../../src/policy/model/analysis-finding.ts';
import { enough, seeded } from '../../../core/support/seeded.ts';
import { mmdb } from '../../../support/values/mmdb-writer.ts';
import { kindsOf, load, validFiles } from '../support/configuration-dir.ts';
import { byPasskey, rules } from '../support/lock-out-files.ts';
import { replayed } from '../support/replayed-example.ts';

const authenticators = kindsOf('password', 'totp', 'webauthn');
const now = 1_800_000_000;
const settings = `${validFiles['stepgate.yaml']}authenticators: { webauthn: { enabled: true } }
attributes: { flag: { type: boolean }, level: { type: number } }
`;

const names = fc.constantFrom('one', 'two');
const asked = {
  groups: fc.constantFrom({ any: ['a'] }, { none: ['a'] }, { any: ['b'] }),
  attributes: fc.constantFrom<unknown>({ flag: { equals: true } }, { level: { atLeast: 2 } }, { level: { below: 2 } }),
  userType: fc.constantFrom({ any: ['guest'] }, { none: ['guest'] }),
  scopes: fc.constant({ all: ['phone'] }),
  risk: fc.constant({ any: ['newDevice'] }),
  apps: names.map((name) => ({ any: [name] })),
};
const newBrowsers = fc.constant({ risk: { any: ['newDevice'] } });
const drawnRules = (network: fc.Arbitrary<unknown>) => {
  const conditions = fc.record({ ...asked, network }, { requiredKeys: [] });
  const when = fc.oneof({ weight: 4, arbitrary: conditions }, { weight: 1, arbitrary: newBrowsers });
  /** What only administrators change. */
  const lasting = conditions.map(({ groups, userType }) => ({
    ...(groups && { groups }),
    ...(userType && { userType }),
  }));
  const drawnRule = fc.record({ when, denies: fc.boolean() });
  const some = (maxLength: number) => fc.array(drawnRule, { minLength: 1, maxLength });
  return fc.record({
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
};
type Rules = readonly { readonly when: unknown; readonly denies: boolean }[];

const allowInSession = '{ allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } }';
const named = (all: Rules, allow: string, more = '') =>
  all.map(
    ({ when, denies }, at) =>
      `{ name: R${at}, ${more}when: ${JSON.stringify(when)}, then: ${denies ? 'deny' : allow} }`,
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

type Drawn = ReturnType<typeof drawnRules> extends fc.Arbitrary<infer Of> ? Of : never;

/** The findings about these rules, and how their examples are replayed. Undefined: the rules are refused. */
async function findingsAbout({ session, account, restDenies, asksKey, ...ofApps }: Drawn, stepgate: string) {
  const oneFactor = '{ allow: { factors: 1 } }';
  const loaded = await load(
    {
      'stepgate.yaml': stepgate,
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
  if (!loaded.ok) return undefined;
  const replay = (example: readonly string[]) =>
    replayed(example, { documents: loaded.documents, authenticators, now });
  return { findings: await analyse(loaded, { authenticators, now }), replay };
}

const networks = {
  'of its networks': {
    stepgate: settings,
    network: fc.constantFrom({ any: ['office'] }, { none: ['office'] }),
    possible: ['', 'office'],
  },
  'of its networks and of countries': {
    // The office lies in one of them.
    stepgate: `${settings.replace('zones:\n', 'zones:\n  home: { countries: [AT] }\n  abroad: { countries: [DE, US] }\n')}networkData: { country: FILE }\n`,
    network: fc.constantFrom<unknown>(
      ...['office', 'home', 'abroad'].flatMap((zone) => [{ any: [zone] }, { none: [zone] }]),
      ...[{ any: ['office', 'abroad'] }, { all: ['office', 'abroad'] }, { any: ['office'], none: ['home'] }],
    ),
    possible: ['', 'home', 'abroad', 'home,office'],
  },
};

test.each(Object.entries(networks))('the examples end as their findings say, in zones %s', async (_, zones) => {
  const folder = await mkdtemp(join(tmpdir(), 'stepgate-examples-'));
  const file = join(folder, 'country.mmdb');
  await writeFile(file, mmdb('GeoLite2-Country', { '192.0.2.0/24': { country: { iso_code: 'AT' } } }));
  const counts = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(drawnRules(zones.network), async (drawn) => {
      const about = await findingsAbout(drawn, zones.stepgate.replace('FILE', file));
      fc.pre(about !== undefined);
      for (const { code, example, file: ruleFile, path } of about?.findings ?? []) {
        if (about === undefined || example === undefined) continue;
        expect(zones.possible).toContain(example.includes('--zone') ? example[example.indexOf('--zone') + 1] : '');
        const isDenied = endsDenied[code];
        if (isDenied === undefined) continue;
        const { ending, facts } = await about.replay(example);
        const found = [code, ruleFile, path, example];
        expect([...found, ending === 'denied']).toEqual([...found, isDenied]);
        expect(facts.request.clientId === 'two' && facts.request.scopes.includes('phone')).toBe(false);
        counts.set(code, (counts.get(code) ?? 0) + 1);
      }
    }),
    seeded(200),
  );
  await rm(folder, { recursive: true });
  for (const code of Object.keys(endsDenied)) expect([code, (counts.get(code) ?? 0) > enough(1)]).toEqual([code, true]);
});
