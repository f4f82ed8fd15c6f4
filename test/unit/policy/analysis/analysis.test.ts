/** What the static analysis finds in files: code, place, words, and how it is accepted. */
import { describe, expect, test } from '@jest/globals';
import { analyse } from '../../../../src/policy/analysis/findings/analyse.ts';
import { type AnalysisFinding, findingsText } from '../../../../src/policy/model/analysis-finding.ts';
import type { Document } from '../../../../src/policy/model/documents.ts';
import { authenticators, load } from '../support/configuration-dir.ts';

const fixedNow = Date.parse('2026-11-26T12:00:00Z') / 1000;
const signOn = 'policies/sign-on/notes.yaml';

async function findings(files: Readonly<Record<string, string>>): Promise<readonly AnalysisFinding[]> {
  const loaded = await load(files);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analyse(loaded, { authenticators, now: fixedNow });
  return found.filter(({ code }) => code !== 'unused');
}

/** `code place message` of each finding. */
async function findingLines(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return (await findings(files)).map(
    ({ severity, code, file, line, column, path, message }) =>
      `${severity} ${code} ${file}:${line}:${column} ${path} ${message}`,
  );
}

/** Rules of the one sign-on policy, from line 3 on, and a catch-all. */
const policy = (...rules: readonly string[]) =>
  `name: notes\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}  - { name: Rest, then: { allow: { factors: 1 } } }\n`;
const app = (clientId: string, policyName = 'other') =>
  `clientId: ${clientId}\nname: A\nsignOnPolicy: ${policyName}\nclient: { redirect_uris: [https://a.test/cb] }\n`;
const one = '{ allow: { factors: 1 } }';
const two = '{ allow: { factors: 2 } }';

describe('rules that never decide', () => {
  test('because their conditions exclude one another', async () => {
    expect(
      await findingLines({ [signOn]: policy(`{ name: A, when: { groups: { any: [a], none: [a, b] } }, then: deny }`) }),
    ).toEqual([
      `error contradictory ${signOn}:3:5 rules[0] never applies: \`groups.any\` and \`groups.none\` exclude one another`,
    ]);
  });

  test('because no address is in all of the zones that it names', async () => {
    const files = {
      'stepgate.yaml':
        'brand: { name: A }\nzones: { office: { cidrs: [192.0.2.0/24] }, blocked: { cidrs: [198.51.100.0/24] } }\n',
      [signOn]: policy('{ name: A, when: { network: { all: [office, blocked] } }, then: deny }'),
    };
    expect(await findingLines(files)).toEqual([
      expect.stringMatching(/`network\.all` can never hold here: no address is in all of these zones$/),
    ]);
  });

  test('because one condition can never hold', async () => {
    const files = {
      [signOn]: policy('{ name: A, when: { apps: { any: [other] } }, then: deny }'),
      'policies/sign-on/other.yaml': policy().replace('notes', 'other'),
      'apps/other.yaml': app('other'),
    };
    expect(await findingLines(files)).toEqual([
      `error contradictory ${signOn}:3:37 rules[0].when.apps.any never applies: \`apps.any\` can never hold here`,
    ]);
  });

  test('because earlier rules decide every sign-in that they match', async () => {
    const rules = [
      `{ name: Office, when: { network: { any: [office] } }, then: ${one} }`,
      `{ name: Away, when: { network: { none: [office] }, groups: { any: [a] } }, then: ${two} }`,
      `{ name: A, when: { groups: { all: [a, b] } }, then: ${two} }`,
    ];
    const [found, ...others] = await findings({ [signOn]: policy(...rules) });
    expect(others).toEqual([]);
    expect(found && findingsText([found])).toBe(
      [
        `${signOn}:5:5: error: rules[2] never decides: the rules "Office" in line 3 and "Away" in line 4 together take all its cases [shadowed]`,
        `  5 |   - { name: A, when: { groups: { all: [a, b] } }, then: ${two} }`,
        '    |     ^',
        `  rule: "Office", ${signOn}:3:5`,
        `  rule: "Away", ${signOn}:4:5`,
        '  what to do: move it above, narrow the rules before it, or remove it (docs/findings.md#shadowed)',
        '',
      ].join('\n'),
    );
  });

  test('a rule that says the same as the rules that shadow it is a warning', async () => {
    const rules = [
      `{ name: A, when: { groups: { any: [a] } }, then: ${two} }`,
      `{ name: B, when: { groups: { all: [a, b] } }, then: ${two} }`,
    ];
    expect(await findingLines({ [signOn]: policy(...rules) })).toEqual([
      expect.stringMatching(/^warning shadowed .*:4:5 rules\[1\]/),
    ]);
  });

  test('in policies of every kind', async () => {
    const dead = 'when: { groups: { any: [a], none: [a] } }';
    const rest = '  - { name: Rest, then: {} }\n';
    const limits = 'primary: any, secondFactor: newDevice, idle: PT1H, absolute: PT2H';
    const allow = `{ allow: { ${limits} } }`;
    const found = await findingLines({
      'policies/session.yaml': `rules:\n  - { name: A, ${dead}, then: ${allow} }\n  - { name: Rest, then: ${allow} }\n`,
      'policies/enrollment.yaml': `rules:\n  - { name: A, ${dead}, then: {} }\n${rest}`,
      'policies/password.yaml': `rules:\n  - { name: A, ${dead}, then: {} }\n${rest}`,
      'policies/profile/default.yaml': `name: default\nrules:\n  - { name: A, ${dead}, then: {} }\n${rest}`,
      'policies/recovery.yaml': `rules:\n  - { name: A, ${dead}, then: deny }\n  - { name: Rest, then: deny }\n`,
    });
    expect(found.map((line) => line.split(' ').slice(1, 3).join(' '))).toEqual([
      'contradictory policies/enrollment.yaml:2:5',
      'contradictory policies/password.yaml:2:5',
      'contradictory policies/profile/default.yaml:3:5',
      'contradictory policies/recovery.yaml:2:5',
      'contradictory policies/session.yaml:2:5',
    ]);
  });

  test('of policies that an app lists together, if it decides for no app', async () => {
    const first = '  - { name: Staff, when: { groups: { any: [staff] } }, then: deny }\n';
    const files = {
      'policies/sign-on/first.yaml': `name: first\nrules:\n${first}`,
      [signOn]: policy(`{ name: A, when: { groups: { all: [staff, b] } }, then: ${two} }`),
      'apps/notes.yaml': app('notes', '[first, notes]'),
    };
    expect(await findingLines(files)).toEqual([
      `error shadowed ${signOn}:3:5 rules[0] never decides: the rule "Staff" in policies/sign-on/first.yaml:3:5 takes all its cases`,
    ]);
    expect(await findingLines({ ...files, 'apps/other.yaml': app('other', 'notes') })).toEqual([]);
  });

  test('whatever `any` says, in one of its alternatives or all', async () => {
    const rules = (groups: string) => [
      `{ name: A, when: { any: [{ groups: { any: [a] } }, { network: { any: [office] } }] }, then: ${one} }`,
      `{ name: B, when: { groups: { any: [${groups}] }, any: [{ network: { any: [office] } }, { groups: { any: [a] } }] }, then: ${two} }`,
    ];
    expect(await findingLines({ [signOn]: policy(...rules('b')) })).toEqual([
      expect.stringMatching(/^error shadowed .*:4:5/),
    ]);
    const open = `{ name: A, when: { any: [{ groups: { any: [a] } }, { network: { any: [office] } }] }, then: ${one} }`;
    const away = `{ name: B, when: { network: { none: [office] } }, then: ${two} }`;
    expect(await findingLines({ [signOn]: policy(open, away) })).toEqual([]);
  });

  test('networks are compared by their addresses', async () => {
    const zones = (lab: string) =>
      `brand: { name: A }\nzones:\n  office: { cidrs: [192.0.2.0/24, "2001:db8::/32"] }\n  lab: { cidrs: [${lab}] }\n`;
    const rules = policy(
      `{ name: Office, when: { network: { any: [office] } }, then: ${one} }`,
      `{ name: Lab, when: { network: { any: [lab] } }, then: ${two} }`,
    );
    const found = (lab: string) => findingLines({ 'stepgate.yaml': zones(lab), [signOn]: rules });
    expect(await found('192.0.2.128/25, "2001:db8:1::/48"')).toEqual([expect.stringMatching(/^error shadowed .*:4:5/)]);
    expect(await found('192.0.2.0/23')).toEqual([]);
    expect(await found('"2001:db8::/31"')).toEqual([]);
  });

  test('a rule of the session policy that is two in the core is dead when both are', async () => {
    const limits = 'primary: any, secondFactor: newDevice, idle: PT1H, absolute: PT2H';
    const rule = (name: string, when: string) => `  - { name: ${name}, ${when} then: { allow: { ${limits} } } }\n`;
    const session = (when: string) =>
      findingLines({
        'policies/session.yaml': `rules:\n${rule('Known', when)}${rule('A', 'when: { groups: { any: [a] } },')}${rule('Rest', '')}`,
      });
    expect(await session('when: { device: { known: true } },')).toEqual([]);
    expect(await session('when: { groups: { any: [a, b] } },')).toEqual([expect.stringContaining('session.yaml:3:5')]);
  });
});

test('files that are no policies are not examined', async () => {
  const loaded = await load();
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const picture: Document = {
    kind: 'file',
    name: 'brand/logo.svg',
    file: 'brand/logo.svg',
    ruleLines: [],
    content: {},
  };
  const documents = new Map([...loaded.documents, ['file/brand/logo.svg', picture] as const]);
  const found = await analyse({ ...loaded, documents }, { authenticators, now: fixedNow });
  expect(found.filter(({ severity }) => severity !== 'note')).toEqual([]);
});

describe('a comment accepts a finding', () => {
  const dead = '{ name: A, when: { groups: { any: [a], none: [a] } }, then: deny }';
  const accepted = (comment: string) =>
    findingLines({ [signOn]: policy(dead).replace('  - ', `  # ${comment}\n  - `) });

  test('until its date, with a reason', async () => {
    expect(await accepted('stepgate:accept contradictory until 2026-11-26: the audit wants it')).toEqual([]);
    const behind = policy(`${dead} # stepgate:accept contradictory until 2027-01-01: the audit wants it`);
    expect(await findingLines({ [signOn]: behind })).toEqual([]);
  });

  test.each([
    ['stepgate:accept contradictory until 2026-11-25: the audit wants it', 'the finding was accepted until 2026-11-25'],
    ['stepgate:accept contradictory until 2027-01-01', 'must be written like'],
    ['stepgate:accept contradictory until 2027-13-01: why', 'there is no day 2027-13-01'],
    ['stepgate:accept contradictory until 2027-02-31: why', 'there is no day 2027-02-31'],
    ['stepgate:accept shadowed until 2027-01-01: why', 'there is no finding `shadowed` here any more'],
    ['stepgate:accept contradictry until 2027-01-01: why', 'did you mean `contradictory`?'],
  ])('and not with %s', async (comment, fault) => {
    expect(await accepted(comment)).toEqual([
      expect.stringMatching(new RegExp(`^warning acceptance ${signOn}:3:3 .*${fault.replace('?', '\\?')}`)),
      expect.stringMatching(/^error contradictory/),
    ]);
  });

  test('but no text that looks like one', async () => {
    const name = '"A # stepgate:accept contradictory until 2027-01-01: why"';
    expect(await findingLines({ [signOn]: policy(dead.replace('name: A', `name: ${name}`)) })).toEqual([
      expect.stringMatching(/^error contradictory/),
    ]);
  });

  test('in its line only', async () => {
    const comment = '# stepgate:accept contradictory until 2027-01-01: why\n';
    expect(await findingLines({ [signOn]: `${comment}${policy(dead)}` })).toEqual([
      expect.stringContaining('acceptance'),
      expect.stringContaining('contradictory'),
    ]);
  });
});

test('a long line is cut around the caret', async () => {
  const groups = Array.from({ length: 60 }, (_, at) => `group-${at}`).join(', ');
  const [found] = await findings({
    [signOn]: policy(`{ name: A, when: { groups: { any: [${groups}] }, apps: { any: [other] } }, then: deny }`),
    'policies/sign-on/other.yaml': policy().replace('notes', 'other'),
    'apps/other.yaml': app('other'),
  });
  const [, line = '', caret = ''] = found ? findingsText([found]).split('\n') : [];
  expect(line.length).toBeLessThan(140);
  expect(line).toMatch(/^ {2}3 \| \.\.\. .*group-59/);
  expect(line.slice(caret.indexOf('^'))).toMatch(/^\[other\]/);
});

describe('rules that only report', () => {
  const soon = '{ name: Soon, reportOnly: true, when: { groups: { any: [a] } }, then: deny }';

  test('are examined as if they were enforced', async () => {
    const taken = policy(`{ name: A, when: { groups: { any: [a] } }, then: ${two} }`, soon);
    expect(await findingLines({ [signOn]: taken })).toEqual([
      `warning shadowed ${signOn}:4:5 rules[1] never reports: the rule "A" in line 3 takes all its cases`,
    ]);
  });

  test.each([
    ['any: [other]', []],
    ['any: [notes, other], none: [notes]', []],
    ['none: [notes, other]', ['contradictory']],
  ])('are examined for the apps that they name: %s', async (apps, codes) => {
    const others = { 'apps/other.yaml': app('other', 'notes') };
    const soonThere = soon.replace('when: {', `when: { apps: { ${apps} },`);
    const found = await findings({ ...others, [signOn]: policy(soonThere) });
    expect(found.map(({ code }) => code)).toEqual(codes);
  });

  test('of a policy with no other rules are examined for the apps that list it', async () => {
    const exceptions = `name: exceptions\nrules:\n  - ${soon.replace('when: {', 'when: { apps: { none: [other] },')}\n`;
    const files = {
      [signOn]: policy(),
      'policies/sign-on/exceptions.yaml': exceptions,
      'apps/other.yaml': app('other', '[exceptions, notes]'),
    };
    expect((await findings(files)).map(({ code }) => code)).toEqual(['contradictory']);
  });

  test('are not reported if they would decide, and shadow no other rule', async () => {
    expect(
      await findingLines({ [signOn]: policy(soon, `{ name: A, when: { groups: { any: [a] } }, then: ${two} }`) }),
    ).toEqual([]);
  });
});

test('a denial that a user without the attribute escapes', async () => {
  const schema = 'attributes: { employment: { type: text, label: Employment } }\n';
  const denial = (asked: string) => ({
    'stepgate.yaml': `brand: { name: A }\n${schema}`,
    [signOn]: policy(`{ name: Left, when: { attributes: { employment: ${asked} } }, then: deny }`),
  });
  expect(await findingLines(denial('{ equals: left }'))).toEqual([
    `warning fail-open ${signOn}:3:5 rules[0] denies by \`employment\`, and a user who lacks it is under the rule "Rest" instead, which lets them in`,
  ]);
  expect(await findingLines(denial('{ not: { equals: active } }'))).toEqual([]);
});
