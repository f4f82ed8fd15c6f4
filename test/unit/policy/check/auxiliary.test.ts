/** Demands for a security question, which is an auxiliary authenticator. */
import { expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import { findingSummary } from '../../../../src/policy/model/analysis-finding.ts';
import { findingLine } from '../../../../src/policy/model/finding.ts';
import { validFiles, withConfiguration } from '../support/configuration-dir.ts';

const settings = 'brand: { name: Test }\nauthenticators: { security_question: { enabled: true } }\n';
const policy = (allow: string) => `name: notes\nrules:\n  - name: All\n    then:\n      allow:\n        ${allow}\n`;

async function lines(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return withConfiguration({ ...validFiles, 'stepgate.yaml': settings, ...files }, async (dir) => {
    const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {} });
    return loaded.ok ? loaded.warnings.map(findingSummary) : loaded.findings.map(findingLine);
  });
}

const findings = async (allow: string) => lines({ 'policies/sign-on/notes.yaml': policy(allow) });
const warning =
  'stepgate.yaml:2:19: warning: authenticators.security_question is enabled, against NIST SP 800-63B-4 section 3.1.1.2 (what users know about themselves is no authenticator) and OWASP ASVS 5.0 6.4.2 (level 1: no secret questions) [discouraged-authenticator]';

test('enabling it gives a warning that names the standards against it', async () => {
  expect(await lines({})).toEqual([warning]);
});

const beside = (other: string) =>
  `\`security_question\` adds nothing beside ${other}: both are knowledge [authenticator_unfit]`;
const alone =
  '`security_question` never signs a user in alone: ask for another factor type beside it [authenticator_unfit]';

test.each([
  [
    'chains: [[{ authenticators: [password] }, { authenticators: [security_question] }]]',
    `6:70 rules[0].then.allow.chains[0][1].authenticators[0] ${beside('`password` in line 6')}`,
  ],
  [
    'chains: [[{ authenticators: [totp] }], [{ authenticators: [security_question, totp] }, { authenticators: [email, password] }]]',
    `6:68 rules[0].then.allow.chains[1][0].authenticators[0] ${beside('`password` in line 6')}`,
  ],
  ['chains: [[{ authenticators: [security_question] }]]', `6:19 rules[0].then.allow.chains[0][0] ${alone}`],
  ['knowledge: { authenticators: [security_question] }', `6:20 rules[0].then.allow.knowledge ${alone}`],
  [
    'anyOf: [{ factors: 2 }, { factors: 1, any: { authenticators: [security_question] } }]',
    `6:52 rules[0].then.allow.anyOf[1].any ${alone}`,
  ],
  [
    '{ factors: 1, any: { authenticators: [password] }, knowledge: { authenticators: [security_question] } }',
    `6:90 rules[0].then.allow.knowledge.authenticators[0] ${beside('`password` in line 6')}`,
  ],
])('%s', async (allow, expected) => {
  expect(await findings(allow)).toEqual([`policies/sign-on/notes.yaml:${expected}`]);
});

test('acr values are checked like rules', async () => {
  const value = 'acrValues: [{ value: q, requirement: { knowledge: { authenticators: [security_question] } } }]\n';
  expect(await lines({ 'stepgate.yaml': `${settings}${value}` })).toEqual([
    expect.stringMatching(
      /^stepgate\.yaml:3:\d+ acrValues\[0\]\.requirement\.knowledge `security_question` never signs/,
    ),
  ]);
});

test.each([
  '{ factors: 2, knowledge: { authenticators: [security_question] } }',
  '{ factors: 2, knowledge: { authenticators: [password, security_question] }, possession: {} }',
  '{ knowledge: { authenticators: [security_question] }, possession: { authenticators: [totp] } }',
  'chains: [[{ authenticators: [totp] }, { authenticators: [password, security_question] }]]',
  'chains: [[{ authenticators: [password] }, { authenticators: [totp] }]]',
  '{ factors: 1 }',
])('is accepted beside another factor type: %s', async (allow) => {
  expect(await findings(allow)).toEqual([warning]);
});
