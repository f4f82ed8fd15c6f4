/** What the analysis finds out about rules that ask for what is unusual. */
import { describe, expect, test } from '@jest/globals';
import { analysis } from '../../../../src/policy/analysis/findings/analyse.ts';
import { overallVerdict } from '../../../../src/policy/analysis/invariants/invariants.ts';
import { standardFindings } from '../../../../src/policy/analysis/standards/standard-findings.ts';
import { authenticators, load } from '../support/configuration-dir.ts';
import { replayed } from '../support/replayed-example.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;
const signOn = 'policies/sign-on/notes.yaml';
const settings = (more = '') =>
  `brand: { name: A }\nzones: { office: { cidrs: [192.0.2.0/24] } }\nauthenticators: { webauthn: { enabled: true }, totp: { enabled: true } }\n${more}`;
const withPlaces = settings('networkData: { country: /nowhere/city.mmdb }\n');
const policy = (...rules: readonly string[]) => `name: notes\nrules:\n${rules.map((each) => `  - ${each}\n`).join('')}`;
const when = (conditions: string, then = two) => rule('Unusual', conditions, then);
const second = (conditions: string, then = two) => rule('Second', conditions, then);
const rule = (name: string, conditions: string, then: string) =>
  `{ name: ${name}, when: { ${conditions} }, then: ${then} }`;
const one = '{ allow: { factors: 1 } }';
const two = '{ allow: { factors: 2 } }';
const passkey = '{ allow: { possession: { phishingResistant: true } } }';
const rest = (then = one) => `{ name: Rest, then: ${then} }`;

async function examined(files: Readonly<Record<string, string>>) {
  const loaded = await load({ 'stepgate.yaml': settings(), ...files });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  // The files about networks are nowhere.
  const { findings, invariants } = await analysis({ ...loaded, warnings: [] }, { authenticators, now });
  return {
    findings: findings.filter(({ code }) => code !== 'unused'),
    verdicts: invariants.map(overallVerdict),
    checked: loaded,
    replay: (example: readonly string[] = []) => replayed(example, { ...loaded, authenticators, now }),
  };
}

async function findingLines(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { findings } = await examined(files);
  return findings.map(({ severity, code, line, message }) => `${severity} ${code} ${line} ${message}`);
}

describe('a rule never decides', () => {
  const shadowed = 'never decides: the rule "Unusual" in line 3 takes all its cases';

  test.each([
    ['below one about a lower level', 'risk: { atLeast: medium }', 'risk: { atLeast: high }'],
    ['below its complement and more', 'risk: { below: high }', 'risk: { below: medium }'],
    ['below one about any of its signals', 'risk: { any: [newDevice, longAway] }', 'risk: { any: [longAway] }'],
    ['below a shorter distance', 'distance: { notWithin: 100 km }', 'distance: { notWithin: 500 km }'],
    ['below a sign-in that is less long ago', 'lastSignIn: { notWithin: P30D }', 'lastSignIn: { notWithin: P90D }'],
  ])('%s', async (_, first, below) => {
    const files = { 'stepgate.yaml': withPlaces, [signOn]: policy(when(first, passkey), second(below), rest()) };
    expect(await findingLines(files)).toEqual([`error shadowed 4 ${shadowed}`]);
  });

  test('once something is proved, when the past of the account counts', async () => {
    const rules = policy(when('risk: { any: [newDevice] }'), second('device: { known: false }', one), rest());
    const found = await findingLines({ [signOn]: rules });
    expect(found).toEqual([
      'warning unreachable 4 no user gets in by it: as soon as something is proved, the rule "Unusual" in line 3 takes all its cases',
    ]);
  });

  test('as its conditions exclude one another', async () => {
    const rules = policy(when('risk: { atLeast: medium, none: [newDevice, newNetwork, recentFailures] }'), rest());
    expect(await findingLines({ [signOn]: rules })).toEqual([
      'error contradictory 3 never applies: `risk.atLeast` and `risk.none` exclude one another',
    ]);
  });

  test('as the points do not reach its level', async () => {
    const few = settings('risk: { points: { newDevice: 10, newNetwork: 10, recentFailures: 10, longAway: 0 } }\n');
    expect(
      await findingLines({ 'stepgate.yaml': few, [signOn]: policy(when('risk: { atLeast: high }'), rest()) }),
    ).toEqual(['error contradictory 3 never applies: `risk.atLeast` can never hold here']);
  });

  test('as failures of a known browser never count', async () => {
    const rules = policy(when('risk: { any: [recentFailures] }, device: { known: true }'), rest());
    expect(await findingLines({ [signOn]: rules })).toEqual([
      'error contradictory 3 never applies: `device.known` and `risk.any` exclude one another',
    ]);
  });
});

test.each([
  [
    'a higher level first',
    policy(when('risk: { atLeast: high }', passkey), second('risk: { atLeast: medium }'), rest()),
  ],
  [
    'both directions',
    policy(when('risk: { atLeast: medium, below: high }'), second('risk: { atLeast: high }'), rest()),
  ],
  [
    'signals and levels',
    policy(when('risk: { any: [longAway], below: medium }'), second('risk: { atLeast: high }'), rest()),
  ],
])('quiet about %s', async (_, rules) => {
  expect(await findingLines({ [signOn]: rules })).toEqual([]);
});

describe('an invariant', () => {
  const always = (guarantee: string, scope = '') =>
    `invariants:\n  - { name: Two, apps: { any: [notes] }, ${scope} always: { ${guarantee} } }\n`;

  test('is refuted below a rule about risk, with an example that `explain` plays', async () => {
    const { findings, verdicts, replay } = await examined({
      'invariants.yaml': always('factors: 2'),
      [signOn]: policy(when('risk: { below: high }', one), rest(two)),
    });
    expect(verdicts).toEqual(['refuted']);
    const { outcome, rules } = await replay(findings.find(({ code }) => code === 'invariant')?.example);
    expect(outcome).toBe('allow');
    expect(rules).toContain('Unusual');
  });

  test('is refuted where only an unusual sign-in breaks it', async () => {
    const { findings, verdicts, replay } = await examined({
      'invariants.yaml': always('factors: 2'),
      [signOn]: policy(when('risk: { atLeast: high }', one), rest(two)),
    });
    expect(verdicts).toEqual(['refuted']);
    const example = findings.find(({ code }) => code === 'invariant')?.example;
    expect(example).toContain('--risk');
    const { outcome, rules, facts } = await replay(example);
    expect([outcome, facts.risk?.level]).toEqual(['allow', 'high']);
    expect(rules).toContain('Unusual');
  });

  test('about distances is refuted with the distance', async () => {
    const { findings, replay } = await examined({
      'stepgate.yaml': withPlaces,
      'invariants.yaml': always('factors: 2'),
      [signOn]: policy(when('distance: { notWithin: 500 km }', one), rest(two)),
    });
    const example = findings.find(({ code }) => code === 'invariant')?.example ?? [];
    expect(example.join(' ')).toContain('--distance 500');
    expect((await replay(example)).rules).toContain('Unusual');
  });

  test('is proved for the sign-ins that it is about', async () => {
    const { findings, verdicts } = await examined({
      'invariants.yaml': always('factors: 2', 'when: { risk: { atLeast: medium } },'),
      [signOn]: policy(when('risk: { atLeast: medium }', two), rest(one)),
    });
    expect([verdicts, findings]).toEqual([['holds'], []]);
  });

  test('is proved where a new browser always is a new device', async () => {
    const { verdicts } = await examined({
      'invariants.yaml': always('factors: 2', 'when: { device: { known: false } },'),
      [signOn]: policy(when('risk: { any: [newDevice] }', two), rest(one)),
    });
    expect(verdicts).toEqual(['holds']);
  });
});

test('a standard that only unusual sign-ins meet is broken, with an example', async () => {
  const { checked, replay } = await examined({
    [signOn]: policy(when('risk: { atLeast: high }', passkey), rest('{ allow: { factors: 2 } }')),
  });
  const { findings } = await standardFindings(checked, { standard: 'pci-dss-4', authenticators, now });
  const broken = findings.filter(({ message }) => message.includes('8.4.2'));
  expect(broken.map(({ severity, line }) => `${severity} ${line}`)).toEqual(['error 3']);
  expect(broken[0]?.example).toContain('--risk');
  expect((await replay(broken[0]?.example)).rules).toContain('Unusual');
});

test('a weaker rule below, or for another browser, is shown with a sign-in that is not unusual', async () => {
  const admins =
    '{ name: Admins, when: { groups: { any: [admins] }, network: { any: [office] } }, then: { allow: { factors: 2 } } }';
  const { findings, replay } = await examined({
    [signOn]: policy(when('risk: { atLeast: high }', 'deny'), admins, rest()),
  });
  expect(findings.map(({ code }) => code)).toEqual(['weaker-below']);
  expect((await replay(findings[0]?.example)).ending).toBe('complete');
});
