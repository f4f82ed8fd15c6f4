/** Each code of an error, in files that have this one error: its place, and the line as commands print it. */
import { expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { configTestCommand } from '../../../../src/cli/policy-tests/policy-tests.ts';
import { pageTemplates } from '../../../../src/http/html/models/page-templates.ts';
import { checkOperatorViews } from '../../../../src/operator-views.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import {
  type Finding,
  type FindingErrorCode,
  fileErrorCodes,
  findingLine,
  findingText,
  testErrorCodes,
  unmeetableCodes,
  valueErrorCodes,
  viewErrorCodes,
} from '../../../../src/policy/model/finding.ts';
import { schemaFor } from '../../../../src/policy/schema/schemas.ts';
import { formatYaml } from '../../../../src/policy/source/format-yaml.ts';
import { keyOrderOf } from '../../../../src/policy/source/key-order.ts';
import { openEmbedded } from '../../../../src/stores/embedded/embedded.ts';
import { validFiles, withConfiguration } from '../support/configuration-dir.ts';

type Files = Readonly<Record<string, string | Uint8Array | undefined>>;

const file = 'policies/sign-on/notes.yaml';
const settings = (more: string): Files => ({ 'stepgate.yaml': `${validFiles['stepgate.yaml']}${more}\n` });
const app = (more: string): Files => ({ 'apps/notes.yaml': `${validFiles['apps/notes.yaml']}${more}\n` });
const unset = '$'.concat('{NO_SUCH}');
/** Rules from line 3 on, and a catch-all. */
const signOn = (...rules: readonly string[]): Files => ({
  [file]: `name: notes\nrules:\n${[...rules, '{ name: Rest, then: { allow: { factors: 1 } } }'].map((rule) => `  - ${rule}\n`).join('')}`,
});
const one = 'then: { allow: { factors: 1 } }';
const policyFor = (name: string): string => `name: ${name}\napps: { labels: [a] }\nrules: [{ name: All, ${one} }]\n`;
const labelled = `${validFiles['apps/notes.yaml']?.replace('signOnPolicy: notes', 'labels: [a]')}`;
const totp = 'authenticators: { password: { enabled: true }, totp: { enabled: true } }';

/** Code, place, and files beside the valid ones. */
const each: readonly (readonly [code: FindingErrorCode, place: string, files: Files])[] = [
  ['file_missing', 'policies/session.yaml:1:1', { 'policies/session.yaml': undefined }],
  ['file_too_large', `${file}:1:1`, { [file]: `# ${'x'.repeat(1024 * 1024)}` }],
  ['file_unreadable', `${file}:1:1`, { [file]: Buffer.from([0xff, 0xfe, 0x00]) }],
  ['unknown_file', 'apps/notes.yml:1:1', { 'apps/notes.yml': '' }],
  ['variable_missing', `${file}:1:7`, { [file]: validFiles[file]?.replace('notes', unset) }],
  ['yaml_syntax', `${file}:2:1`, { [file]: 'name: [notes\nrules: [}\n' }],
  ['yaml_cycle', `${file}:1:10`, { [file]: '&a { in: *a }\n' }],
  ['yaml_duplicate_key', `${file}:2:1`, { [file]: 'name: notes\nname: notes\n' }],
  ['yaml_too_deep', `${file}:1:\\d+`, { [file]: '['.repeat(20_000) }],
  [
    'yaml_aliases',
    `${file}:1:1`,
    { [file]: `a: &a [x]\n${Array.from({ length: 60 }, (_, at) => `k${at}: *a\n`).join('')}` },
  ],
  [
    'authenticator_unfit',
    `${file}:3:73`,
    signOn(
      '{ name: A, then: { allow: { knowledge: { authenticators: [password, totp] } } }, when: { groups: { any: [a] } } }',
    ),
  ],
  ['catch_all_misplaced', `${file}:4:5`, signOn(`{ name: A, ${one} }`)],
  [
    'catch_all_missing',
    `${file}:3:5`,
    { [file]: `name: notes\nrules:\n  - { name: A, when: { groups: { any: [a] } }, ${one} }\n` },
  ],
  ['duplicate_name', `${file}:4:13`, signOn(`{ name: Rest, when: { groups: { any: [a] } }, ${one} }`)],
  ['expression_invalid', `${file}:3:42`, signOn(`{ name: A, when: { expression: "user.nothing == 1" }, ${one} }`)],
  ['expression_too_dear', `${file}:3:37`, signOn(`{ name: A, when: { expression: 'user.id.matches("a")' }, ${one} }`)],
  ['invalid_value', `${file}:3:54`, signOn('{ name: A, when: { groups: { any: [a] } }, then: maybe }')],
  [
    'policy_ambiguous',
    'apps/notes.yaml:3:9',
    { 'apps/notes.yaml': labelled, [file]: policyFor('notes'), 'policies/sign-on/b.yaml': policyFor('b') },
  ],
  ['policy_missing', 'apps/notes.yaml:3:9', { 'apps/notes.yaml': labelled }],
  [
    'policy_off',
    'apps/off.yaml:3:15',
    {
      'policies/sign-on/off.yaml': `name: off\nenabled: false\nrules: [{ name: All, ${one} }]\n`,
      'apps/off.yaml':
        'clientId: off\nname: Off\nsignOnPolicy: off\nclient: { redirect_uris: [https://off.test/cb] }\n',
    },
  ],
  ['setting_missing', `${file}:3:43`, signOn(`{ name: A, when: { device: { managed: true } }, ${one} }`)],
  ['type_mismatch', `${file}:3:59`, signOn(`{ name: A, when: { attributes: { nickname: { atLeast: 3 } } }, ${one} }`)],
  ['unknown_key', 'apps/notes.yaml:6:1', app('signOnPolcy: notes')],
  ['unknown_reference', `${file}:3:41`, signOn(`{ name: A, when: { network: { any: [ofice] } }, ${one} }`)],
  [
    'value_missing',
    'apps/notes.yaml:1:1',
    { 'apps/notes.yaml': validFiles['apps/notes.yaml']?.replace('name: Notes\n', '') },
  ],
  [
    'account_unmeetable',
    'policies/account.yaml:2:33',
    {
      'policies/account.yaml':
        'rules:\n  - { name: All, then: { allow: { possession: { authenticators: [totp] } } } }\n',
      ...settings(totp),
    },
  ],
  ['app_closed', 'apps/notes.yaml:3:15', { [file]: 'name: notes\nrules: [{ name: All, then: deny }]\n' }],
  [
    'enrollment_unmeetable',
    'policies/enrollment.yaml:2:37',
    { 'policies/enrollment.yaml': 'rules:\n  - { name: All, then: { required: [{ anyOf: [access_code] }] } }\n' },
  ],
  ['level_unreachable', 'apps/notes.yaml:6:13', app('minimumAcr: phr')],
  [
    'profile_unmeetable',
    'policies/profile/default.yaml:2:41',
    {
      'policies/profile/default.yaml': 'name: default\nrules: [{ name: All, then: { required: [badge] } }]\n',
      ...settings('attributes: { badge: { label: Badge } }'),
    },
  ],
  [
    'rule_unmeetable',
    `${file}:3:63`,
    signOn('{ name: A, when: { groups: { any: [a] } }, then: { allow: { possession: { phishingResistant: true } } } }'),
  ],
  ['brand_file_invalid', 'brand/logo.png:1:1', { 'brand/logo.png': 'no picture' }],
  [
    'brand_too_large',
    'stepgate.yaml:1:34',
    {
      'brand/all.css': `/* ${'x'.repeat(11 * 1024)} */`,
      'stepgate.yaml': 'brand: { name: Test, stylesheet: brand/all.css }\n',
    },
  ],
  [
    'colours_unreadable',
    'stepgate.yaml:1:37',
    { 'stepgate.yaml': 'brand: { name: Test, light: { text: "#ffffff", page: "#ffffff" } }\n' },
  ],
];

/** Of files that are not there, that nothing can read, or that are no text. */
const unread: ReadonlySet<string> = new Set<FindingErrorCode>([
  'brand_file_invalid',
  'file_missing',
  'file_too_large',
  'file_unreadable',
  'unknown_file',
]);

const { version } = pageTemplates['pages/signed-out'];
const seen = new Set<string>();

function noted(found: readonly Finding[]): readonly Finding[] {
  for (const { code } of found) seen.add(code);
  return found;
}

test.each(each)('the error %s is reported at %s', async (code, place, files) => {
  const found = await withConfiguration({ ...validFiles, ...files }, async (dir) => {
    const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {} });
    return loaded.ok ? [] : noted(loaded.findings);
  });
  expect(found.map(findingLine)).toContainEqual(expect.stringMatching(new RegExp(`^${place} .* \\[${code}\\]$`)));
  // What commands print: the line with a caret, and what to do.
  const own = found.find((finding) => finding.code === code);
  const [, line = '', caret = '', ...advice] = findingText(own as Finding)
    .trimEnd()
    .split('\n');
  if (unread.has(code)) expect(line).toMatch(/^ {2}what to do: \S/);
  else {
    expect([line, caret]).toEqual([expect.stringMatching(/^ {2}\d+ \| .*\S/), expect.stringMatching(/^ {3,}\| +\^$/)]);
    expect(advice).toEqual([
      expect.stringMatching(new RegExp(`^  what to do: \\S.* \\(docs/findings.md: ${code}\\)$`)),
    ]);
  }
});

test('a directory that is not there', async () => {
  const loaded = await loadConfiguration('/no/such', { authenticators: authenticatorKinds, variables: {} });
  expect(loaded.ok ? [] : noted(loaded.findings).map(findingLine)).toEqual([
    'there is no directory /no/such; name the one that holds stepgate.yaml [directory_missing]',
  ]);
});

test('a comment that `config fmt` would lose', () => {
  const order = keyOrderOf(schemaFor('sign-on', authenticatorKinds));
  const { findings = [] } = formatYaml(file, '[ # why\n]\n', { order, renames: [] });
  expect(noted(findings).map(findingLine)).toEqual([
    `${file}:1:3 is left as it is: this comment stands where its canonical form has no line for it [comment_unplaced]`,
  ]);
});

test('`config fmt` shows the comment that it would lose, or would break in two', () => {
  const order = keyOrderOf(schemaFor('sign-on', authenticatorKinds));
  const found = (text: string) => formatYaml(file, text, { order, renames: [] }).findings ?? [];
  expect(noted(found('# head\n\n[ # why\n]\n')).map(findingLine)).toEqual([
    expect.stringContaining(`${file}:3:3 is left as it is: this comment`),
  ]);
  expect(noted(found('name: a\nrules: [] # before\u2028after\n')).map(findingLine)).toEqual([
    expect.stringMatching(/ is left as it is: .* \[comment_unplaced\]$/),
  ]);
});

test.each<[FindingErrorCode, Files]>([
  ['template_invalid', { 'pages/signed-out.ejs': `<%# version ${version} %>\n<%= l..lead %>\n` }],
  ['template_outdated', { 'pages/signed-out.ejs': '<p></p>' }],
  ['texts_invalid', { 'messages/en.json': '{ "title": 1 }' }],
])('own views: %s', async (code, files) => {
  const found = await withConfiguration(files, async (dir) => noted(checkOperatorViews(dir)));
  expect(found.map(findingLine)).toEqual([expect.stringMatching(new RegExp(`:\\d+:\\d+ .* \\[${code}\\]$`))]);
});

const unaskable =
  'tests: [{ name: One, app: notes, user: { enrolled: [password] }, evidence: [totp], expect: { deny: false } }]\n';

test.each<[FindingErrorCode, Files]>([
  ['test_unaskable', { 'tests/own.yaml': unaskable }],
  ['tests_missing', { 'tests/README.md': '' }],
])('policy tests: %s', async (code, files) => {
  const printed: string[] = [];
  await withConfiguration({ ...validFiles, ...files }, async (dir) => {
    const command = configTestCommand({
      configDir: dir,
      authenticators: authenticatorKinds,
      variables: {},
      openStore: async () => openEmbedded({ file: ':memory:' }),
      now: () => 1_800_000_000,
      stdout: (text) => printed.push(text),
      stderr: (text) => printed.push(text),
      setExitCode: () => undefined,
    });
    await command.parseAsync([], { from: 'user' }).catch((error) => printed.push(`${error.message}\n`));
  });
  expect(printed).toEqual([
    expect.stringMatching(
      new RegExp(`^.* \\[${code}\\]\n(?:.*\n)*  what to do: .* \\(docs/findings.md: ${code}\\)\n$`),
    ),
  ]);
  seen.add(code);
});

test('every error code has a file that causes it', () => {
  const codes = [fileErrorCodes, valueErrorCodes, viewErrorCodes, unmeetableCodes, testErrorCodes].flat();
  expect([...seen].toSorted()).toEqual([...codes].toSorted());
});
