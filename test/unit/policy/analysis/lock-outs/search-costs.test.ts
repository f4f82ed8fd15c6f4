/** How often the analysis asks the evaluator, and how far it searches, for users who are locked out. */
import { expect, test } from '@jest/globals';
import type { RuleHead } from '../../../../../src/core/model/policy.ts';
import type { CompiledAccountPolicy, CompiledPolicy } from '../../../../../src/core/policy/rules/compile.ts';
import { type AnalysedApp, analysedApps } from '../../../../../src/policy/analysis/analysed/analysed-apps.ts';
import { analysedConfiguration } from '../../../../../src/policy/analysis/analysed/configuration.ts';
import { newcomerFindings } from '../../../../../src/policy/analysis/lock-outs/newcomer-findings.ts';
import { authenticators, load } from '../../support/configuration-dir.ts';

const app = (name: string) => ({
  [`apps/${name}.yaml`]: `clientId: ${name}\nname: ${name}\nsignOnPolicy: ${name}\nclient: { redirect_uris: [https://${name}.test/cb] }\n`,
  [`policies/sign-on/${name}.yaml`]: `name: ${name}
rules:
  - { name: R0, when: { groups: { any: [${name}] }, network: { any: [z1] } }, then: { allow: { factors: 2 } } }
  - { name: R1, when: { groups: { any: [g1, ${name}] }, network: { any: [z2] } }, then: { allow: { factors: 2 } } }
  - { name: Rest, then: { allow: { factors: 2 } } }
`,
});

const files = {
  'stepgate.yaml': `brand: { name: Test }
authenticators: { totp: { enabled: true }, webauthn: { enabled: true } }
zones: { z1: { cidrs: [10.1.0.0/16] }, z2: { cidrs: [10.2.0.0/16] }, z3: { cidrs: [10.3.0.0/16] } }
`,
  'policies/account.yaml': `rules:
  - { name: A1, change: { add: [webauthn] }, when: { groups: { any: [g1] }, network: { none: [z1] } }, then: { allow: { factors: 2 } } }
  - { name: A2, change: { add: [totp] }, when: { groups: { any: [g2] }, network: { none: [z2, z3] } }, then: { allow: { factors: 2 } } }
  - { name: A3, change: { add: [totp] }, when: { groups: { all: [g3, g4] } }, then: { allow: { factors: 2 } } }
  - { name: A4, change: { add: [webauthn] }, when: { groups: { any: [g5] } }, then: { allow: { factors: 2 } } }
  - { name: A5, then: { allow: { factors: 1 } } }
`,
  'policies/enrollment.yaml': `rules:
  - { name: Password, when: { authenticated: { any: [password] }, groups: { any: [g2] } }, then: { required: [webauthn] } }
  - { name: Office, when: { authenticated: { any: [password] }, network: { any: [z3] } }, then: { required: [totp] } }
  - { name: All, then: {} }
`,
  'apps/notes.yaml': undefined,
  'policies/sign-on/notes.yaml': undefined,
  ...app('one'),
  ...app('two'),
  ...app('g5'),
};

/** The policy, which counts how often it is asked for the rule that decides. */
function counting<Of extends RuleHead>(policy: CompiledPolicy<Of>, count: () => void): CompiledPolicy<Of> {
  const groups: CompiledPolicy['groups'] = (names) => {
    count();
    return policy.groups(names);
  };
  return { ...policy, groups };
}

/** The account policy, which counts how often it is asked for the rule about an addition. */
function countingAdditions(policy: CompiledAccountPolicy, count: () => void): CompiledAccountPolicy {
  const counted = new Map<CompiledPolicy, CompiledPolicy>();
  const about: CompiledAccountPolicy['about'] = (change) => {
    const asked = policy.about(change);
    const known = counted.get(asked) ?? counting(asked, count);
    counted.set(asked, known);
    return known;
  };
  return { ...policy, about };
}

async function costs() {
  const loaded = await load(files);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const configuration = await analysedConfiguration(loaded, { authenticators, now: 1_800_000_000 });
  const found = { session: 0, account: 0, steps: 0, codes: [] as readonly string[] };
  const accounts = new Map<CompiledAccountPolicy | undefined, CompiledAccountPolicy | undefined>();
  const apps = (await analysedApps(configuration)).map((analysed): AnalysedApp => {
    const { accountPolicy, ...policies } = analysed.policies;
    const session = counting(policies.session, () => {
      found.session += 1;
    });
    const account =
      accounts.get(accountPolicy) ??
      (accountPolicy &&
        countingAdditions(accountPolicy, () => {
          found.account += 1;
        }));
    accounts.set(accountPolicy, account);
    return { ...analysed, policies: { ...policies, session, ...(account && { accountPolicy: account }) } };
  });
  const steps = () => apps.reduce((sum, { denialBudget }) => sum + denialBudget.steps, 0);
  const before = steps();
  found.codes = newcomerFindings(apps, configuration).map(({ code }) => code);
  found.steps = before - steps();
  return found;
}

test('the evaluator is asked no more often, and the search goes no further, than it takes', async () => {
  const { session, account, steps, codes } = await costs();
  expect(codes).toEqual(['lock-out', 'lock-out', 'lock-out']);
  // Counted, so the same on every machine: 603, 1,628 and 22,246, and room for what a denial may yet ask besides.
  expect(session).toBeLessThan(650);
  expect(account).toBeLessThan(1_720);
  expect(steps).toBeLessThan(23_000);
});
