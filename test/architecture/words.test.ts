/**
 * Words that were retired do not come back, comments speak of the user, and they fit on the
 * screen.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseSource, readSources } from './support/source.ts';

const root = join(import.meta.dirname, '../..');
const sources = readSources(join(root, 'src'));

/** Identifiers of the former vocabulary, each with the word that stands for it now. */
const retired: Readonly<Record<string, string>> = {
  AppGroup: 'EquivalentApps',
  Completion: 'SufficientSet',
  Discovery: 'identifyByCredential',
  Goal: 'LayerRequirement',
  Held: 'VersionedAccount',
  Holdings: 'AuthenticatorState',
  IdentifierClaim: 'IdentifierReservation',
  Judged: 'Decided',
  Loop: 'OpenTransaction',
  Means: 'Capabilities',
  Problem: 'Finding',
  Recent: 'LruCache',
  Runtime: 'Services',
  Showing: 'AssessedEvidence',
  Telling: 'AccountNotification',
  TextRef: 'MessageDescriptor',
  Tri: 'ConditionResult',
  WayOn: 'RequirementStatus',
  barOf: 'accountManagementOnly',
  barOnly: 'accountManagementOnly',
  barred: 'accountManagementOnly',
  carriesOn: 'carriesTokenBasis',
  enrollmentBar: 'accountManagementRequirement',
  findWitness: 'findSupportingEvidence',
  goal: 'layerRequirement',
  goals: 'layerRequirements',
  hasRoom: 'the name of the limit',
  held: 'account',
  heldAccount: 'loadAccount',
  isBar: 'accountManagementOnly',
  isSpared: 'isWaived',
  judged: 'decided',
  restOn: 'setTokenBasis',
  resting: 'tokenBasis',
  restingOn: 'tokenBasis',
  shortfall: 'unmetCharacteristic',
  showing: 'assessed',
  situation: 'context',
  situationOf: 'decide',
  spared: 'waived',
  spent: 'consumed',
  tellingOf: 'accountNotification',
  traits: 'descriptor',
  traitsOf: 'descriptorOf',
  wayOn: 'requirementStatus',
  wayOnOf: 'requirementStatusOf',
  witness: 'supportingEvidence',
  wouldSpare: 'wouldWaive',
};

test('no identifier is a retired word', () => {
  const found = sources.flatMap(({ module, code }) =>
    [...code.matchAll(/[A-Za-z_$][\w$]*/g)].flatMap(([word]) =>
      Object.hasOwn(retired, word) ? [`${module}: ${word} (now: ${retired[word]})`] : [],
    ),
  );
  expect(found).toEqual([]);
});

test('comments and titles of tests call the user the user', () => {
  const tests = globSync('test/**/*.ts', { cwd: root }).flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return [...parseSource(file, text).comments, ...titlesOf(text)].map((prose) => ({ file, prose }));
  });
  expect(tests.length).toBeGreaterThan(2000);
  const prose = sources.flatMap(({ module, comments }) => comments.map((prose) => ({ file: module, prose })));
  const found = [...prose, ...tests].flatMap(({ file, prose }) =>
    [...prose.replace(/\s*\n\s*\*\s*/g, ' ').matchAll(/\b(?:somebody|whoever|nobody|the person)\b/gi)].map(
      ([word]) => `${file}: ${word}`,
    ),
  );
  expect(found).toEqual([]);
});

test('titles are read from plain tests, from tables and from templates', () => {
  const call = ["test('a', run)", 'describe.each(rows)("b", run)', 'test.each([\n  [1],\n])(\n  `c`, run)'].join('\n');
  expect(titlesOf(`${call}\nexpect('d')`)).toEqual(["'a'", '"b"', '`c`']);
});

test('no comment line has more than 120 characters', () => {
  const files = globSync('{src,test,scripts,views}/**/*.{ts,mjs,cjs,js,css,ejs}', { cwd: root });
  expect(files.length).toBeGreaterThan(500);
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => (isLongComment(line) ? [`${file}:${index + 1}`] : [])),
  );
  expect(found).toEqual([]);
});

function isLongComment(line: string): boolean {
  return line.length > 120 && /^\s*(?:\/\/|\/\*|\*|<%#|<!--)/.test(line);
}

/** Titles of tests and groups of tests, in quotes as written. */
function titlesOf(source: string): readonly string[] {
  const titles =
    /(?:\b(?:test|describe)(?:\.\w+)*|\))\(\s*('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)/g;
  return [...source.matchAll(titles)].map(([, title = '']) => title);
}
