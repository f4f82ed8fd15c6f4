/** Examples as command lines: what `explain` reads from them is what the analysis made up. */
import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { Command } from 'commander';
import fc from 'fast-check';
import { type FactOptions, withFactOptions } from '../../../../../src/cli/explain/fact-options.ts';
import { factsFromOptions } from '../../../../../src/cli/explain/facts-from-options.ts';
import { modelOf } from '../../../../../src/core/analysis/space/ordinary-facts.ts';
import { ruleSpace } from '../../../../../src/core/analysis/space/rule-space.ts';
import type { Facts } from '../../../../../src/core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../../../src/core/model/neutral-facts.ts';
import { compileConditions } from '../../../../../src/core/policy/rules/condition-table.ts';
import { negated, plainTime, type UserFacts } from '../../../../../src/core/policy/theories/theory.ts';
import { analysedConfiguration } from '../../../../../src/policy/analysis/analysed/configuration.ts';
import { exampleOptions } from '../../../../../src/policy/analysis/text/example-options.ts';
import { shellWord } from '../../../../../src/policy/model/analysis-finding.ts';
import type { App } from '../../../../../src/policy/model/app.ts';
import type { Snapshot } from '../../../../../src/policy/revision/snapshot.ts';
import { enough, seeded } from '../../../../core/support/seeded.ts';
import { kindsOf, load, validFiles } from '../../support/configuration-dir.ts';

const settings = `${validFiles['stepgate.yaml']}
  lab: { cidrs: [192.0.2.128/25, 10.0.0.0/8] }
  home: { countries: [AT] }
  hidden: { anonymisers: true }
networkData: { country: /nowhere/city.mmdb, anonymiser: /nowhere/anonymous.mmdb }
deviceSignals: { proxy: { header: X-Device-Signals, proxies: [10.0.0.0/24] } }
scopes: { pay: { claims: [iban] } }
attributes:
  department: { type: text, label: { en: Department } }
  level: { type: number, label: { en: Level } }
  manager: { type: boolean, label: { en: Manager } }
  contractEnd: { type: date, label: { en: End } }
  sites: { type: list, label: { en: Sites } }
`;

const conditions = [
  'users: { any: [ann@corp.test, "o\'neil"] }',
  'users: { any: [x7tKY9BTDCPcAxfO0dbbGg] }',
  'groups: { any: [staff, "a b"] }',
  'groups: { all: [one, "it\'s"], none: [two] }',
  'groups: { any: ["Sales, EMEA", "\\"x\\"", "a\\"b"] }',
  'groups: { all: [" x", "y,"] }',
  'users: { any: ["a,b"] }',
  'userType: { any: [partner, "no \\"one\\""] }',
  'network: { any: [office, home] }',
  'network: { none: [lab] }',
  'network: { any: [hidden] }',
  'device: { known: true }',
  'device: { known: false, platform: [mobile] }',
  'device: { os: [ios, linux] }',
  'device: { managed: true }',
  'device: { registered: false }',
  'scopes: { any: [pay, email] }',
  'scopes: { none: [profile] }',
  'claims: { any: [email] }',
  'claims: { any: [iban] }',
  'time: { days: [mon, tue], from: "08:00", to: "18:00", zone: Europe/Vienna }',
  'accountAge: { atLeast: P30D }',
  'accountAge: { below: P1D }',
  'lastSignIn: { within: P30D }',
  'lastSignIn: { notWithin: P90D }',
  'risk: { any: [newCountry] }',
  'risk: { atLeast: high }',
  'risk: { below: medium }',
  'risk: { any: [longAway] }',
  'distance: { within: 50 km }',
  'distance: { notWithin: 2000 km }',
  'recovered: { within: P1D }',
  'attributes: { department: { equals: "true" } }',
  'attributes: { department: { matches: "[0-9]{3}x?" } }',
  'attributes: { department: { in: ["a\'b", "c d", "-x", "[]"] } }',
  'attributes: { level: { atLeast: 3 } }',
  'attributes: { level: { below: -2.5 } }',
  'attributes: { manager: { equals: true } }',
  'attributes: { sites: { in: [west, "42"] } }',
  'attributes: { sites: { equals: "a;b" } }',
  'attributes: { sites: { equals: " a " } }',
  'attributes: { sites: { not: { equals: east } } }',
  'attributes: { sites: { present: true, not: { matches: "w*" } } }',
  'attributes: { contractEnd: { before: now+P30D } }',
  'attributes: { contractEnd: { after: now } }',
  'attributes: { level: { above: 123456789012345680 } }',
  'attributes: { level: { equals: 0.000000012345 } }',
  'attributes: { department: { equals: "a\\nb" } }',
  'attributes: { department: { equals: "\\"quoted\\"" } }',
  'attributes: { department: { matches: "* *=" } }',
  'userType: { any: [" x "] }',
  'expression: "size(user.profile.sites) > 1"',
  'expression: "size(user.identifiers) > 1"',
  'expression: "user.profile.department.startsWith(\'x,\')"',
  'expression: "user.identifiers.exists(i, i.endsWith(\'@corp.test\'))"',
  'expression: "size(user.groups) > 2"',
  'expression: "request.acrValues.exists(a, a == \'phr\')"',
  'expression: "network.ip.startsWith(\'10.\')"',
  'expression: "now > timestamp(\'2027-01-01T00:00:00Z\')"',
];

const authenticators = kindsOf('password', 'totp', 'webauthn', 'email', 'phone');
const now = 1_800_000_000;

/** As a shell splits a command line. */
function wordsOf(line: string): readonly string[] {
  const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  return printed.split('\0').slice(0, -1);
}

/** What `explain` makes of the options, as a sign-in of the same user in which something was proved. */
function factsOf(
  line: string,
  { facts, snapshot, app }: { readonly facts: UserFacts; readonly snapshot: Snapshot; readonly app: App },
): Facts {
  const command = withFactOptions(new Command().option('--app <id>').exitOverride());
  command.parse([...wordsOf(line)], { from: 'user' });
  const read = factsFromOptions(command.opts<FactOptions>(), { snapshot, app, authenticators, now });
  return { ...read, evidence: facts.evidence.map((proof) => ({ ...proof, subject: read.subject?.id ?? '' })) };
}

test('a command that is copied is about a sign-in for which the conditions have the same results', async () => {
  let compared = 0;
  const drawn = fc.uniqueArray(fc.tuple(fc.constantFrom(...conditions), fc.boolean()), {
    ...{ minLength: 1, maxLength: 4 },
    selector: ([when]) => when,
  });
  await fc.assert(
    fc.asyncProperty(drawn, async (some) => {
      const rules = some.map(([when], index) => `  - { name: R${index}, when: { ${when} }, then: deny }\n`);
      const policy = `name: notes\nrules:\n${rules.join('')}  - { name: All, then: { allow: { factors: 1 } } }\n`;
      const loaded = await load(
        { 'stepgate.yaml': settings, 'policies/sign-on/notes.yaml': policy },
        {},
        authenticators,
      );
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
      const { snapshot, policies, universe } = await analysedConfiguration(loaded, { authenticators, now });
      const app = await snapshot.app('notes');
      const signOn = policies.find(({ kind }) => kind === 'sign-on');
      const whens = signOn?.policy.rules.map(({ rule }) => rule.when).slice(0, some.length) ?? [];
      const space = ruleSpace(whens, universe(['notes']));
      const wanted = whens.map((when, index) =>
        some[index]?.[1] ? space.applies(when) : negated(space.applies(when)),
      );
      const model = modelOf([...space.always, ...space.onceProved, ...wanted], space);
      if (typeof model !== 'object' || app === undefined) return;
      compared += 1;
      const facts = space.factsOf(model);
      const read = factsOf(exampleOptions(facts).map(shellWord).join(' '), { facts, snapshot, app });
      const resultsIn = (given: Facts) =>
        whens.map((when) => compileConditions(when).map((condition) => condition.test(given)));
      expect(resultsIn(read)).toEqual(resultsIn(facts));
    }),
    seeded(240),
  );
  expect(compared).toBeGreaterThan(enough(180));
}, 60_000);

test('what recovered the password is named where the user has more than it', () => {
  const subject = {
    ...{ id: 'ann', status: 'active' as const, identifiers: [], groups: [], profile: {} },
    enrollments: ['password', 'email', 'email'].map((authenticator, index) => ({
      ...{ id: `e${index}`, authenticator, factors: ['possession' as const], characteristics: [] },
    })),
  };
  const ofRecovery = (by: readonly string[], enrolled?: readonly string[]) => {
    const facts = neutralFacts({ now: plainTime, request: neutralRequest('notes') });
    const words = exampleOptions({ ...facts, subject: { ...subject, recovery: { at: plainTime - 60, by } } }, enrolled);
    return words.slice(words.indexOf('--recovered'), words.indexOf('--platform'));
  };
  const all = ['password', 'email', 'email'];
  expect(ofRecovery([])).toEqual(['--recovered', '60s']);
  expect(ofRecovery([], ['password'])).toEqual(['--recovered', '60s']);
  expect(ofRecovery([], all)).toEqual(['--recovered', '60s', '--recovered-by', 'none']);
  expect(ofRecovery(['e2'], all)).toEqual(['--recovered', '60s', '--recovered-by', 'email#2']);
  expect(ofRecovery(['e1', 'e2'], all)).toEqual(['--recovered', '60s', '--recovered-by', 'email#1,email#2']);
});
