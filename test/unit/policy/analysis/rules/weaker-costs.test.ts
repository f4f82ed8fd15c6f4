/** How often the analysis asks the evaluator for users whom a weaker rule lets in. */
import { expect, test } from '@jest/globals';
import { type AnalysedApp, analysedApps } from '../../../../../src/policy/analysis/analysed/analysed-apps.ts';
import { analysedConfiguration } from '../../../../../src/policy/analysis/analysed/configuration.ts';
import { weakerRuleFindings } from '../../../../../src/policy/analysis/rules/weaker-findings.ts';
import { authenticators, load } from '../../support/configuration-dir.ts';

const app = (name: string) => ({
  [`apps/${name}.yaml`]: `clientId: ${name}\nname: ${name}\nsignOnPolicy: ${name}\nclient: { redirect_uris: [https://${name}.test/cb] }\n`,
  [`policies/sign-on/${name}.yaml`]: `name: ${name}
rules:
  - { name: R0, when: { groups: { any: [${name}] }, network: { any: [office] } }, then: { allow: { factors: 2 } } }
  - { name: Rest, then: { allow: { factors: 1 } } }
`,
});

/** `asked`: how often the session policy was asked for the rule that decides. */
async function weaker(names: readonly string[]) {
  const loaded = await load({
    'stepgate.yaml': `brand: { name: Test }
authenticators: { totp: { enabled: true }, webauthn: { enabled: true } }
zones: { office: { cidrs: [10.1.0.0/16] } }
`,
    'apps/notes.yaml': undefined,
    'policies/sign-on/notes.yaml': undefined,
    ...Object.assign({}, ...names.map(app)),
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const configuration = await analysedConfiguration(loaded, { authenticators, now: 1_800_000_000 });
  let asked = 0;
  const apps = (await analysedApps(configuration)).map((analysed): AnalysedApp => {
    const { session, ...policies } = analysed.policies;
    const groups: typeof session.groups = (list) => {
      asked += 1;
      return session.groups(list);
    };
    return { ...analysed, policies: { ...policies, session: { ...session, groups } } };
  });
  const found = weakerRuleFindings(apps, configuration);
  return { asked, found: found.map(({ code, file, example }) => ({ code, file, example })) };
}

test('what lets one user in is tried first for another one who is asked for the same', async () => {
  const [first, second, both] = [await weaker(['a']), await weaker(['b']), await weaker(['a', 'b'])];
  expect(first.found).toMatchObject([{ code: 'weaker-below', file: 'policies/sign-on/a.yaml' }]);
  expect(both.found).toEqual([...first.found, ...second.found]);
  expect(both.asked).toBeLessThan(first.asked + second.asked);
});
