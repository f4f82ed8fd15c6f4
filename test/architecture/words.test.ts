/**
 * The vocabulary, counted. Words that were retired do not come back, comments speak of the user, and they fit on the
 * screen. A number here is what is left to mend: it may sink and never rise.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readSources } from './support/source.ts';

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

/** Uses of retired identifiers that are left. */
const retiredLeft = 3;
/** Comments that call the user something else, and comment lines of more than 120 characters, that are left. */
const namelessLeft = 5;
const longLinesLeft = 20;

test('no identifier is a retired word', () => {
  const found = sources.flatMap(({ module, code }) =>
    [...code.matchAll(/[A-Za-z_$][\w$]*/g)].flatMap(([word]) =>
      Object.hasOwn(retired, word) ? [`${module}: ${word} (now: ${retired[word]})`] : [],
    ),
  );
  expectAtMost(found, retiredLeft);
});

test('comments call the user the user', () => {
  const found = sources.flatMap(({ module, comments }) =>
    comments.flatMap((comment) =>
      [...comment.replace(/\s*\n\s*\*\s*/g, ' ').matchAll(/\b(?:somebody|whoever|nobody|the person)\b/gi)].map(
        ([word]) => `${module}: ${word}`,
      ),
    ),
  );
  expectAtMost(found, namelessLeft);
});

test('no comment line has more than 120 characters', () => {
  const files = globSync('{src,test,scripts,views}/**/*.{ts,mjs,cjs,js,css,ejs}', { cwd: root });
  expect(files.length).toBeGreaterThan(500);
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => (isLongComment(line) ? [`${file}:${index + 1}`] : [])),
  );
  expectAtMost(found, longLinesLeft);
});

function isLongComment(line: string): boolean {
  return line.length > 120 && /^\s*(?:\/\/|\/\*|\*|<%#|<!--)/.test(line);
}

/** Fails with the number and some of what was found: what you changed last is among them, or find it with a search. */
function expectAtMost(found: readonly string[], most: number): void {
  const shown = found.length > most ? [`${found.length} found, at most ${most} allowed`, ...found.slice(0, 20)] : [];
  expect(shown).toEqual([]);
}
