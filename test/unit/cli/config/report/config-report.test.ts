/** `config report`: what the page says of a configuration, and that nothing in it is more than text. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { reportCommand } from '../../../../../src/cli/config/report/report.ts';
import { wrapped } from '../../../../../src/cli/config/report/wrap-text.ts';
import { StepgateError } from '../../../../../src/errors.ts';
import { validFiles, withConfiguration } from '../../../policy/support/configuration-dir.ts';
import { applyDemo, configContext, openTerminal, run, type Terminal } from '../../support/harness.ts';

type Files = Readonly<Record<string, string>>;

let terminal: Terminal;
let out: string;
let place: string;
beforeEach(async () => {
  terminal = openTerminal();
  place = await mkdtemp(join(tmpdir(), 'stepgate-report-'));
  out = join(place, 'report.html');
});
afterEach(async () => {
  await terminal.store.close();
  await rm(place, { recursive: true, force: true });
});

const base: Files = {
  ...validFiles,
  'stepgate.yaml': `${validFiles['stepgate.yaml']}authenticators: { totp: { enabled: true } }\n`,
};
const policy = (...rules: readonly object[]): Files => ({
  'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules }),
});
const all = { name: 'All', then: { allow: { factors: 1 } } };
const noNight = {
  name: 'No night shift',
  when: { groups: { any: ['night'] }, network: { none: ['office'] } },
  then: 'deny',
};

function contextOf(dir: string, isStoreless = false) {
  const openStore = async () => {
    throw new StepgateError('not_configured', 'there is no store');
  };
  return configContext(terminal, { configDir: dir, ...(isStoreless && { openStore }) });
}

/** The page of the valid configuration with these files, and what was printed. */
async function report(files: Files, words: readonly string[] = [], isStoreless = false) {
  return withConfiguration({ ...base, ...files }, async (dir) => {
    await run(reportCommand(contextOf(dir, isStoreless)), dir, '--out', out, ...words);
    return { page: await readFile(out, 'utf8'), printed: terminal.printed() };
  });
}

/** The text of an element and what is in it, as a reader finds it. */
function textOf(page: string, from: string, to = '</section>\n'): string {
  const start = page.indexOf(from);
  const inner = page.slice(start, page.indexOf(to, start));
  return inner
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

test('the matrix puts groups with the same demands in one row', async () => {
  const { page, printed } = await report(policy(noNight, all), [], true);
  expect(printed).toBe(`wrote ${out}\n`);
  const table = textOf(page, '<tbody>', '</tbody>');
  expect(table).toBe('(no group) password or totp password or totp night denied: a rule says so password or totp');
});

const appOf = (clientId: string) => ({
  clientId,
  name: clientId,
  client: { redirect_uris: [`https://${clientId}.example.test/cb`] },
});

test('apps stand by the policies that decide about them, which are linked both ways', async () => {
  const app = (clientId: string, more: object) => ({
    [`apps/${clientId}.yaml`]: JSON.stringify({ ...appOf(clientId), ...more }),
  });
  const named = (name: string, more: object = {}) => ({
    [`policies/sign-on/${name}.yaml`]: JSON.stringify({ name, rules: [all], ...more }),
  });
  const files = {
    ...policy(all),
    ...app('wiki', { name: 'Wiki', signOnPolicy: ['base', 'notes'] }),
    ...app('mail', { labels: ['office'] }),
    ...named('base', { rules: [noNight] }),
    ...named('labelled', { apps: { labels: ['office'] } }),
    ...named('unused'),
  };
  const { page, printed } = await report(files, ['--json'], true);
  const apps = [...page.matchAll(/<ul class="apps">(.*?)<\/ul>/gs)].map(([, list = '']) => list);
  expect(textOf(apps.join(' '), '', 'end')).toContain('Sign-on policy labelled : mail');
  expect(textOf(apps.join(' '), '', 'end')).toContain('Sign-on policy base , Sign-on policy notes : Wiki (wiki)');
  const anchor = /href="(#[^"]+)">Sign-on policy base</.exec(apps.join(' '))?.[1]?.slice(1);
  expect(textOf(page, `<article id="${anchor}">`, '<svg')).toBe(
    'Sign-on policy base policies/sign-on/base.yaml , for Wiki (wiki)',
  );
  expect(page).toMatch(/notes\.yaml<\/code>, for Notes \(notes\), Wiki \(wiki\)</);
  expect(page).toContain('unused.yaml</code>, for no app');
  expect(page).toContain('session.yaml</code></p>');
  expect(JSON.parse(printed).appPolicies).toContainEqual({
    clientId: 'wiki',
    name: 'Wiki',
    policies: ['sign-on/base', 'sign-on/notes'],
  });
});

test('a table of many apps counts them in its heading, and names each below it', async () => {
  const clientIds = ['a1', 'a2', 'a3', 'a4', 'a5'];
  const apps = clientIds.map((clientId) => [
    `apps/${clientId}.yaml`,
    JSON.stringify({ ...appOf(clientId), signOnPolicy: 'notes' }),
  ]);
  const { page } = await report({ ...policy(all), ...Object.fromEntries(apps) }, [], true);
  expect(page).toContain('<h3>a1, a2, a3 and 3 more</h3>');
  expect(page).toContain('notes.yaml</code>, for a1, a2, a3 and 3 more</p>');
  expect(textOf(page, '<ul class="apps">', '</ul>')).toContain(
    'Sign-on policy notes : a1, a2, a3, a4, a5, Notes (notes)',
  );
});

test('the matrix names others whom rules tell apart by who they are', async () => {
  const others = { name: 'Others', when: { users: { none: ['bob@corp.test'] } }, then: 'deny' };
  const { page } = await report(policy(others, all), [], true);
  const words = 'denied: a rule says so (bob@corp.test: password or totp)';
  expect(textOf(page, '<tbody>', '</tbody>')).toBe(`(no group) ${words}`);
  expect(page).toContain('Rules also ask who the user is. This is about user@example.com;');
});

test('a policy is drawn with its rules in order, what they ask about, and what they say', async () => {
  const { page } = await report(policy(noNight, { ...all, enabled: true }), [], true);
  expect(textOf(page, 'aria-label="Sign-on policy notes"', '</svg>').replace(/^\S+ .*?> /, '')).toContain(
    '1 No night shift line 1 if groups any: [night] and network none: [office] denied 2 All line',
  );
});

test('alternatives, times, durations and changes of an account are written as in the files', async () => {
  const time = { days: ['mon', 'tue'], from: '08:00', to: '18:30', zone: 'UTC' };
  const some = { name: 'Some', enabled: false, when: { any: [{ groups: { any: ['a'] } }, { time }] }, then: 'deny' };
  const old = {
    name: 'Old',
    when: { accountAge: { atLeast: 'P30D' } },
    then: { allow: { factors: 2 } },
  };
  const account = { rules: [{ name: 'Keys', change: { add: ['totp'], remove: 'all' }, then: 'deny' }, all] };
  const { page } = await report({ ...policy(some, old, all), 'policies/account.yaml': JSON.stringify(account) });
  expect(textOf(page, 'aria-label="Sign-on policy notes"', '</svg>')).toMatch(
    /if one of 1\. groups any: \[a\] 2\. time days: \[mon, tue\], from: 08:00, to: 18:30, zone: UTC denied/,
  );
  expect(page).toContain('off · line');
  expect(textOf(page, 'aria-label="Sign-on policy notes"', '</svg>')).toContain('if accountAge atLeast: 30 d');
  expect(textOf(page, 'aria-label="Account policy"', '</svg>')).toContain(
    'if to add totp, or to remove anything denied',
  );
});

test('names in files are text in the page, and the page loads nothing', async () => {
  const name = '</text><script>alert(1)</script> & "so"';
  const { page } = await report({
    ...policy({ ...noNight, name }, all),
    'apps/notes.yaml': `${validFiles['apps/notes.yaml']}`.replace(
      'name: Notes',
      `name: '<img src=x onerror=alert(1)>'`,
    ),
    'invariants.yaml': JSON.stringify({ invariants: [{ name: '<b>in</b>', never: 'allow' }] }),
  });
  expect(page).toContain('&lt;/text&gt;&lt;script&gt;');
  expect(page).toContain('&lt;b&gt;in&lt;/b&gt;');
  expect(page).not.toMatch(/<img|<script|<link|<b>|\ssrc=["']|url\(|@import|href="(?!#)/);
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
});

test('every entry of the contents leads to something', async () => {
  const { page } = await report({});
  const anchors = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(anchors.length).toBeGreaterThan(7);
  expect(ids).toEqual(expect.arrayContaining(anchors));
  expect(new Set(ids).size).toBe(ids.length);
});

test('accepted deviations from a standard are listed with its verdict', async () => {
  const file = JSON.stringify({ name: 'notes', rules: [all] });
  const comment = '# stepgate:accept standard until 2026-12-31: kiosks have no keys';
  const { page } = await report({ 'policies/sign-on/notes.yaml': `${file} ${comment}\n` }, ['--standard', 'phr-only']);
  const standards = textOf(page, '<section id="standards">', '<section id="tests">');
  expect(standards).toMatch(/1 app meet it, except for 1 accepted finding. Accepted .* kiosks have no keys 2026-12-31/);
  expect(page).toContain('1 of 1 met');
});

test('it contains findings, invariants and standards with their verdicts', async () => {
  const invariants = [
    { name: 'Two factors', always: { factors: 2 } },
    { name: 'One factor', always: { factors: 1 } },
  ];
  const files = { ...policy(noNight, all), 'invariants.yaml': JSON.stringify({ invariants }) };
  const { page } = await report(files, ['--standard', 'nist-aal2', '--standard', 'phr-only']);
  expect(textOf(page, '<section id="invariants">')).toMatch(
    /Two factors every sign-in users get in only with two distinct factor types \d refuted One factor .* \d proved/,
  );
  expect(textOf(page, '<section id="findings">')).toMatch(/error: .* what to do .*docs\/findings.md#invariant/);
  const standards = textOf(page, '<section id="standards">', '<section id="tests">');
  expect(standards).toMatch(
    /NIST SP 800-63B.* fall short of it ?: 2 findings; 1 recommendation not followed\. .* No policy can show/,
  );
  expect(page).toContain('0 of 2 met');
  await expect(report({}, ['--standard', 'nist-all2'])).rejects.toThrow(/did you mean `nist-aal2`/);
});

test('it does not say that a standard is met where users sign in to no app', async () => {
  const client = {
    ...{ grant_types: ['client_credentials'], response_types: [] },
    ...{ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://job.example.org/jwks' },
  };
  const service = { resources: [{ indicator: 'https://api.test', scopes: ['r'] }] };
  const files = {
    ...base,
    'stepgate.yaml': `${base['stepgate.yaml']}resources:\n  - { indicator: "https://api.test", scopes: [r] }\n`,
    'apps/notes.yaml': JSON.stringify({ clientId: 'job', name: 'Job', service, client }),
    'policies/sign-on/notes.yaml': undefined,
  };
  await withConfiguration(files, async (dir) => {
    const asked = run(reportCommand(contextOf(dir, true)), dir, '--out', out, '--standard', 'phr-only');
    await expect(asked).rejects.toThrow('users sign in to no app here');
    await expect(readFile(out, 'utf8')).rejects.toThrow(/ENOENT/);
  });
});

test('examples ask about the files of the report, whatever is active', async () => {
  const invariants = { 'invariants.yaml': JSON.stringify({ invariants: [{ name: 'Two', always: { factors: 2 } }] }) };
  await withConfiguration({ ...base, ...policy(all), ...invariants }, async (dir) => {
    await run(reportCommand(contextOf('config')), dir, '--out', out, '--standard', 'phr-only');
    const page = await readFile(out, 'utf8');
    for (const section of ['findings', 'standards'])
      expect(textOf(page, `<section id="${section}">`)).toMatch(`example explain --config ${dir} --app notes `);
  });
});

test('it contains policy tests with their failures and what they leave open', async () => {
  const tests = {
    tests: [
      { name: 'Not at night', app: 'notes', user: { groups: ['night'] }, expect: { deny: 'rule' } },
      { name: 'At night', app: 'notes', user: { groups: ['night'] }, expect: { rule: 'All' } },
    ],
  };
  const { page } = await report({ ...policy(noNight, all), 'tests/all.yaml': JSON.stringify(tests) });
  const section = textOf(page, '<section id="tests">');
  expect(section).toContain('1 of 2 passed');
  expect(section).toContain('failed: At night');
  expect(section).toContain('All decided no test');
  expect(section).toContain('No night shift groups lacks a miss');
  expect(textOf((await report({})).page, '<section id="tests">')).toMatch(/there is no directory/);
});

test('it says what changes against the active configuration, or that there is none', async () => {
  await terminal.directory.create({ identifiers: ['a'], groups: ['night'] });
  expect(textOf((await report({})).page, '<section id="changes">')).toContain('Nothing is active');
  await withConfiguration(base, (dir) => applyDemo(terminal.store, dir));
  const { page } = await report(policy(noNight, all));
  expect(textOf(page, '<section id="changes">', '</main>')).toMatch(
    /Compared with revision 1, which is active, for 1 active user\..*no longer let in.*Files and rules/,
  );
});

test('for scripts there is the same as data', async () => {
  const { printed } = await report(policy(noNight, all), ['--json', '--standard', 'phr-only']);
  expect(JSON.parse(printed)).toMatchObject({
    ok: true,
    file: out,
    apps: 1,
    matrix: { zones: ['elsewhere', 'office'] },
    policies: [{ title: 'Session policy' }, { title: 'Sign-on policy notes', rules: [{ effect: 'deny' }, {}] }],
    standards: [{ standard: 'phr-only', meets: false }],
    tests: { results: [] },
  });
});

test('of files that are no configuration there is no report', async () => {
  await expect(report({ 'stepgate.yaml': 'brand: { nam: A }\n' })).rejects.toThrow(/ENOENT/);
  expect(terminal.exitCode()).toBe(1);
});

test('lines of a picture are cut between words, and long words where they must be', () => {
  const text = `a few words ${'w'.repeat(40)} ${'界'.repeat(20)} end`;
  const lines = wrapped(text, 150);
  expect(lines.join('')).toBe(text);
  expect(lines[0]).toBe('a few words ');
  for (const line of lines) expect(line.length).toBeLessThan(30);
  expect(wrapped('', 150)).toEqual(['']);
});

test('no word that fits into a line is cut, however wide its line is, and no number loses its unit', () => {
  const text = 'two distinct factor types; possession, device-bound, remembered for 30 d and at most 12 h 5 min old';
  for (let tenths = 1_100; tenths < 4_400; tenths += 1) {
    const lines = wrapped(text, tenths / 10);
    expect(lines.join('')).toBe(text);
    const cut = lines.slice(0, -1).filter((line) => !line.endsWith(' ') || /\d $/.test(line));
    expect([tenths, cut]).toEqual([tenths, []]);
  }
});
