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
  AdditionWay: 'AdditionRule',
  AppGroup: 'EquivalentApps',
  AppMarkModel: 'AppLogoModel',
  Claimant: 'IdentifierRequest',
  Completion: 'SufficientSet',
  DecidingCase: 'PossiblyDeciding',
  Delta: 'SignInDifference',
  DeltaEffect: 'EffectOnUsers',
  DeviceSecret: 'GivenSecret',
  Discovery: 'identifyByCredential',
  ExpressionPlace: 'ExpressionLocation',
  FactsVerdict: 'NoFacts',
  FaultPlace: 'FaultLocation',
  FilePlace: 'FileLocation',
  FindingPlace: 'FindingLocation',
  ForGoodSearch: 'LockOutFinder',
  Goal: 'LayerRequirement',
  Held: 'VersionedAccount',
  Holdings: 'AuthenticatorState',
  IdentifierClaim: 'IdentifierReservation',
  Judge: 'ComparedSide',
  Judged: 'Decided',
  Judgement: 'DecisionSummary',
  Loop: 'OpenTransaction',
  MarkStyles: 'LogoStyles',
  Means: 'Capabilities',
  NamedPlace: 'NamedLocation',
  NotificationMore: 'NotificationExtras',
  OpenCase: 'UndecidedCombination',
  OutdatedPassword: 'PasswordToReplace',
  OutdatedReason: 'ReplacementReason',
  OwnApp: 'ConnectedApp',
  OwnAppModel: 'ConnectedAppModel',
  OwnAppsModel: 'ConnectedAppsModel',
  OwnData: 'AccountExport',
  OwnDataModel: 'AccountExportModel',
  OwnDataPage: 'AccountExportPage',
  OwnFiles: 'OperatorFiles',
  PlaceInFile: 'LocationInFile',
  PolicyCase: 'RuleCombination',
  PolicyLadder: 'PolicyDiagram',
  Problem: 'Finding',
  ProblemCode: 'FindingErrorCode',
  Recent: 'LruCache',
  RevisionInUse: 'ActiveRevisionContent',
  RuleCase: 'AppCombination',
  Rung: 'DiagramRule',
  RuleJudgement: 'ExaminedRule',
  Runtime: 'Services',
  Showing: 'AssessedEvidence',
  ShutOut: 'LockOut',
  ShutOutSearch: 'LockOutSearch',
  SignInCase: 'DecidingRules',
  SignInEnd: 'SignInOutcome',
  SignInProblem: 'SignInError',
  SourcePlace: 'JsonLocation',
  Telling: 'AccountNotification',
  TextRef: 'MessageDescriptor',
  Tri: 'ConditionResult',
  UserVerdict: 'UserResult',
  WayOn: 'RequirementStatus',
  WayToSignIn: 'SignedInWith',
  additionWays: 'additionRules',
  admissible: 'withinLimits',
  appLength: 'appSessionMaxAge',
  attributeSchemaInUse: 'activeAttributeSchema',
  barOf: 'accountManagementOnly',
  barOnly: 'accountManagementOnly',
  barred: 'accountManagementOnly',
  beginChallenge: 'answerChallenge',
  boundsInUse: 'activeBounds',
  carriesOn: 'carriesTokenBasis',
  chooseRequest: 'chooseRequestLayer',
  claimIdentifier: 'reserveIdentifierInUnit',
  diffAgainstLive: 'diffAgainstActive',
  endIn: 'outcomeIn',
  endWith: 'outcomeWith',
  endsInDenial: 'isSignInDenied',
  enrollmentBar: 'accountManagementRequirement',
  findWitness: 'findSupportingEvidence',
  forGood: 'lockOut',
  goal: 'layerRequirement',
  goals: 'layerRequirements',
  hadByAll: 'reachableByAll',
  hadByOne: 'reachableByUser',
  hadBySome: 'reachableBySome',
  hasRoom: 'the name of the limit',
  held: 'account',
  heldAccount: 'loadAccount',
  inOrderOfPlaces: 'inOrderOfLocations',
  inWords: 'a function that ends in Text',
  isBar: 'accountManagementOnly',
  isForGood: 'isLockOut',
  isInUse: 'isActive',
  isKnownTo: 'isUsedBy',
  isSpared: 'isWaived',
  judged: 'decided',
  knownDeviceKey: 'usedBrowserKey',
  knownEnd: 'signInOutcome',
  ladderSvg: 'policyDiagramSvg',
  largestMarks: 'largestLogos',
  liveConfiguration: 'activeConfiguration',
  liveLabel: 'activeLabel',
  liveSide: 'activeConfiguration',
  liveZones: 'activeZones',
  markStyles: 'logoStyles',
  markStylesAt: 'logoStylesAt',
  namedPlaceText: 'namedLocationText',
  newlyEndingWith: 'newlyCompletedWith',
  nextSide: 'nextConfiguration',
  outcomeWord: 'outcomeText',
  outdated: 'replacementReason',
  outdatedPassword: 'passwordToReplace',
  ownApps: 'connectedApps',
  ownData: 'exportAccount',
  ownIdentifier: 'currentIdentifier',
  ownViewsDir: 'operatorViewsDir',
  passwordRulesInUse: 'activePasswordRules',
  placeKey: 'locationKey',
  placeOfKey: 'locationOfKey',
  placesOfKeys: 'locationsOfKeys',
  policyCases: 'ruleCombinations',
  printProblems: 'printFindings',
  putIntoUse: 'activateRevision',
  readWord: 'readDeclaration',
  rememberBrowser: 'recordBrowser',
  rememberedAnswers: 'cachedAnswers',
  restOn: 'setTokenBasis',
  resting: 'tokenBasis',
  restingOn: 'tokenBasis',
  revisionInUse: 'readActiveRevision',
  rulePlaces: 'ruleLocations',
  sampleMark: 'sampleLogo',
  settingsInUse: 'activeSettings',
  shortfall: 'unmetCharacteristic',
  showing: 'assessed',
  shutOut: 'lockOut',
  shut_out: 'locked_out',
  signInEnd: 'simulatedOutcome',
  situation: 'context',
  situationOf: 'decide',
  snapshotInUse: 'activeSnapshot',
  sourcePlace: 'sourceLocationText',
  sourcePlaceText: 'jsonLocationText',
  spared: 'waived',
  spent: 'consumed',
  tellingOf: 'accountNotification',
  traits: 'descriptor',
  traitsOf: 'descriptorOf',
  undecidedBeside: 'uncomparedChanges',
  wayOn: 'requirementStatus',
  wayOnOf: 'requirementStatusOf',
  waysToSignIn: 'possibleProofSets',
  withKnownBrowserAttempts: 'withUsedBrowserAttempts',
  withOwnAttempts: 'withUsedBrowserAttempts',
  witness: 'supportingEvidence',
  wouldSpare: 'wouldWaive',
};

/** Regular expressions: words in them are no identifiers. */
const patterns = /(?<=[(=,:[]\s*)\/(?:\\.|\[(?:\\.|[^\]\n])*\]|[^/\n\\[])+\//g;

test('no identifier of sources, tests or scripts is a retired word', () => {
  const code = [...sources.map(({ module, code: text }) => ({ file: module, code: text })), ...otherCode].filter(
    ({ file }) => !file.endsWith('words.test.ts'),
  );
  const found = code.flatMap(({ file, code: text }) =>
    [...text.replace(patterns, '').matchAll(/[A-Za-z_$][\w$]*/g)].flatMap(([word]) =>
      Object.hasOwn(retired, word) ? [`${file}: ${word} (now: ${retired[word]})`] : [],
    ),
  );
  expect(found).toEqual([]);
});

test('no constant has a name in upper case', () => {
  const upperCase = /\b(?:const|let) [A-Z][A-Z0-9_]+\b/;
  const code = [...sources.map(({ module, code: text }) => ({ file: module, code: text })), ...otherCode];
  expect(code.filter((each) => upperCase.test(each.code)).map(({ file }) => file)).toEqual([]);
  expect(['const', 'MOST_SETS = 4;'].join(' ')).toMatch(upperCase);
});

test('no function has a name that ends in Words: it makes a text', () => {
  const found = sources.flatMap(({ module, code }) =>
    [...code.matchAll(/\b(?:function\*? |const )(\w*[a-z]Words)\b(?: = (?:async )?\(|\()/g)].map(
      ([, name]) => `${module}: ${name}`,
    ),
  );
  expect(found).toEqual([]);
});

/** Words for the user that are not "the user". "Who signs in, ..." is "A user who signs in ...". */
const otherWords =
  /\b(?:(?:some|any|every|no)(?:body|one)|no one|whoever|people|(?<!in )persons?)\b|(?:(?<=^\W*)|(?<=[.!?]\W+))Who (?!is|does)\w+(?:s|ed)\b/gi;

interface Prose {
  readonly file: string;
  readonly text: string;
}

const otherWordsIn = ({ file, text }: Prose): readonly string[] =>
  [...text.replace(/\s*\n\s*\*?\s*/g, ' ').matchAll(otherWords)].map(([word]) => `${file}: ${word}`);

/** Retired words that mean nothing else in this code: no comment, title or part of a name has them. */
const retiredParts =
  /^(?:holdings|judg(?:e[ds]?|ing|ements?)|barred|shortfalls?|situations?|spare[ds]|telling|traits?|witness(?:es)?)$/i;

const partsOf = (text: string): readonly string[] =>
  [...text.matchAll(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g)].map(([part]) => part);

test('no comment, title or part of a name is a retired word', () => {
  const texts = [
    ...sources.map(({ module, code, comments }) => ({ file: module, text: [code, ...comments].join('\n') })),
    ...otherCode.map(({ file, code, comments, text }) => ({
      file,
      text: [code, ...comments, ...titlesOf(text)].join('\n'),
    })),
  ].filter(({ file }) => !/(?:words|documents)\.test\.ts$/.test(file));
  const found = texts.flatMap(({ file, text }) =>
    partsOf(text).flatMap((part) => (retiredParts.test(part) ? [`${file}: ${part}`] : [])),
  );
  expect(found).toEqual([]);
  expect(partsOf('stepsOf(HTTPServer) _spared isWayOn')).toEqual([
    'steps',
    'Of',
    'HTTP',
    'Server',
    'spared',
    'is',
    'Way',
    'On',
  ]);
});

/**
 * Words that no file has in its name. A place is where a user or a store is; in a file it is a location. What is
 * active is not "live", and a function that makes a text ends in `Text`.
 */
const retiredInFileNames = /^(?:live|places?|words)$/i;

const allowedFileNames: ReadonlySet<string> = new Set([
  'test/architecture/words.test.ts',
  'src/users/history/usual-places.ts',
  'test/support/stores/store-places.ts',
]);

/** Each retired word in the name of a file or of one of its folders, and each retired name of several words. */
function retiredInPath(path: string): readonly string[] {
  const names = path.replace(/(?:\.\w+)+$/, '').split('/');
  return names.flatMap((name) => {
    const parts = name.split(/[-_.]/);
    const words = parts.filter((part) => retiredParts.test(part) || retiredInFileNames.test(part));
    const runs = parts.flatMap((_, start) =>
      parts.slice(start + 1).map((_part, more) => parts.slice(start, start + more + 2)),
    );
    const joined = runs.flatMap((run) => {
      const pascal = run.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('');
      return [pascal, pascal.charAt(0).toLowerCase() + pascal.slice(1)].filter((known) =>
        Object.hasOwn(retired, known),
      );
    });
    return [...words, ...joined];
  });
}

test('no part of the name of a file or folder is a retired word', () => {
  const files = globSync('{src,test,views,scripts}/**/*.*', { cwd: root }).filter(
    (file) => !allowedFileNames.has(file),
  );
  expect(files.length).toBeGreaterThan(1500);
  const found = files.flatMap((file) => retiredInPath(file).map((word) => `${file}: ${word}`));
  expect(found).toEqual([]);
});

test('the search finds retired names in paths, also within longer ones', () => {
  expect(retiredInPath('src/core/analysis/accounts/find-shut-out.ts')).toEqual(['ShutOut', 'shutOut']);
  expect(retiredInPath('src/policy/source/comment-places.ts')).toEqual(['places']);
  expect(retiredInPath('test/unit/cli/config-diff-words.test.ts')).toEqual(['words']);
  expect(retiredInPath('src/cli/completion/completion.ts')).toEqual([]);
});

/** The code of tests, scripts and views; `src` is in `sources`. */
const otherCode = globSync('{test,scripts,views}/**/*.{ts,mjs,cjs,js}', { cwd: root }).map((file) => {
  const text = readFileSync(join(root, file), 'utf8');
  return { file, text, ...parseSource(file, text) };
});

test('comments and titles of tests call the user the user', () => {
  const prose: readonly Prose[] = [
    ...sources.flatMap(({ module, comments }) => comments.map((text) => ({ file: module, text }))),
    ...otherCode.flatMap(({ file, text, comments }) =>
      [...comments, ...titlesOf(text)].map((written) => ({ file, text: written })),
    ),
  ].filter(({ text }) => !text.startsWith('/** Words for the user'));
  expect(prose.length).toBeGreaterThan(4000);
  expect(prose.flatMap(otherWordsIn)).toEqual([]);
});

/** The same words in identifiers, such as `forEveryone`, but not `none`. */
const otherNames =
  /\b\w*(?:[pP]erson|[pP]eople|[wW]hoever|(?:[sS]ome|[aA]ny|[eE]very|[nN]o)(?:body|[oO]ne(?![a-z])))\w*\b/g;

test('identifiers call the user the user', () => {
  const code = [
    ...sources.map(({ module, code: written }) => ({ file: module, text: written })),
    ...otherCode.map(({ file, code: written }) => ({ file, text: written })),
  ].filter(({ file }) => !file.endsWith('words.test.ts'));
  const found = code.flatMap(({ file, text }) => [...text.matchAll(otherNames)].map(([word]) => `${file}: ${word}`));
  expect(found).toEqual([]);
});

test('the search of identifiers finds words with -body and -one, and leaves other names alone', () => {
  expect('someone forEveryone noOne anybody peopleOf'.match(otherNames)).toHaveLength(5);
  expect('none phone one anyZones oneDay'.match(otherNames)).toBeNull();
});

test('documents call the user the user', () => {
  const files = [...globSync('docs/**/*.md', { cwd: root }), ...globSync('*.md', { cwd: root })];
  expect(files.length).toBeGreaterThan(20);
  // The record of the change of words quotes them. In code, a word may be the name of a rule.
  const found = files
    .filter((file) => !file.includes('/0022-'))
    .map((file) => ({ file, text: withoutCode(readFileSync(join(root, file), 'utf8')) }))
    .flatMap(otherWordsIn);
  expect(found).toEqual([]);
});

test('the search finds such words, and leaves code and "in person" alone', () => {
  const text = 'Somebody\n * asked no\n * one: people, every person, in person. Who asks, gets it. Who is it?';
  expect(otherWordsIn({ file: 'x', text }).length).toBe(5);
  expect(withoutCode('a `people` b\n```yaml\n- name: Everybody\n```\nc')).not.toMatch(otherWords);
});

/** Code renamed by search and replace must not rename words of a sentence: our names stand in code marks there. */
test('comments put the names of our types into code marks', () => {
  const files = [...sources.map(({ module, ...rest }) => ({ file: module, ...rest })), ...otherCode];
  const names = new Set(files.flatMap(({ exports }) => exports).filter((name) => /^[A-Z][a-z]+[A-Z]/.test(name)));
  expect(names.size).toBeGreaterThan(500);
  const bare = files.flatMap(({ file, comments }) =>
    comments.flatMap((comment) =>
      [...withoutCode(comment).matchAll(/\b[A-Z]\w+\b/g)].flatMap(([word]) =>
        names.has(word) ? [`${file}: ${word}`] : [],
      ),
    ),
  );
  expect(bare).toEqual([]);
});

test('what an operator or a machine declares is no word, and a master is not "me"', () => {
  const stores = sources.filter(({ module }) => /^(?:stores|cli\/store)\//.test(module));
  expect(stores.length).toBeGreaterThan(20);
  const found = stores.filter(
    ({ code, comments }) => /\b(?:word|me)\b/.test(code) || /\boperator's word\b/.test(comments.join('\n')),
  );
  expect(found.map(({ module }) => module)).toEqual([]);
});

/**
 * What is over "no longer counts". Of a number, "counts no more than" stays. What is unusual about a sign-in is a
 * signal of risk.
 */
const retiredTurns =
  /\bcounts? no more\b(?! than)|\bsigns? of (?:risk|an unusual)\b|\b(?:the|these|which) signs (?:that|were)\b/i;

test('comments, titles and documents have no retired turn of phrase', () => {
  const documents = globSync('{docs/**/,}*.md', { cwd: root }).map((file) => ({
    file,
    text: readFileSync(join(root, file), 'utf8'),
  }));
  const texts = [
    ...sources.map(({ module, comments, texts: quoted }) => ({
      file: module,
      text: [...comments, ...quoted].join('\n'),
    })),
    ...otherCode.map(({ file, text, comments }) => ({ file, text: [...comments, ...titlesOf(text)].join('\n') })),
    ...documents,
  ].filter(({ file }) => !file.endsWith('words.test.ts'));
  expect(texts.filter(({ text }) => retiredTurns.test(text)).map(({ file }) => file)).toEqual([]);
  for (const turn of ['what was proved counts no more', 'Signs of risk', 'which signs were found'])
    expect(turn).toMatch(retiredTurns);
});

/**
 * Turns of phrase that are no English: "ends so long after its start" is "how long after its start it ends", "proved
 * anew" is "proved again", "is meant, too" is "also matches".
 */
const unidiomatic =
  /\bso (?:long|many|often)\b|\bso far (?:away|back)\b|\b(?:what|else) is so\b|\banew\b|\bbeside\b|\bcomes? to\b|\bno more\b(?! than\b)|\btaken for\b|\b(?:is|are) meant\b(?! (?:to|for)\b)|\bis another one\b/gi;

test('descriptions and messages of schemas, settings, commands and backups are plain English', () => {
  const read = sources.filter(({ module }) => /^(?:policy\/schema|authenticators|cli|stores\/backup)\//.test(module));
  expect(read.length).toBeGreaterThan(200);
  const found = read.flatMap(({ module, texts, templates }) =>
    [...texts, ...templates].flatMap((text) =>
      [...text.matchAll(unidiomatic)].map(([words]) => `${module}: ${words}: ${text.slice(0, 120)}`),
    ),
  );
  expect(found).toEqual([]);
});

test('comments of the sources do without "so many" and "anew"', () => {
  const found = sources.flatMap(({ module, comments }) =>
    comments.flatMap((text) =>
      [...text.matchAll(/\bso (?:long|many|often)\b(?! (?:as|that)\b)|\banew\b/gi)].map(
        ([words]) => `${module}: ${words}`,
      ),
    ),
  );
  expect(found).toEqual([]);
});

test('the search finds such turns of phrase in texts and templates, and leaves "no more than" alone', () => {
  const code = "f('It ends so long after its start.');\ng(`So many, no more`);\nh('no more than one');";
  const { texts, templates } = parseSource('x', code);
  expect([...texts, ...templates].flatMap((text) => text.match(unidiomatic) ?? [])).toEqual([
    'so long',
    'So many',
    'no more',
  ]);
});

test('titles are read from plain tests, from tables and from templates', () => {
  const call = ["test('a', run)", 'describe.each(rows)("b", run)', 'test.each([\n  [1],\n])(\n  `c`, run)'].join('\n');
  expect(titlesOf(`${call}\nexpect('d')`)).toEqual(["'a'", '"b"', '`c`']);
});

test('no comment line has more than 120 characters', () => {
  const files = globSync(['{src,test,scripts,views}/**/*.{ts,mjs,cjs,js,css,ejs}', '*.mjs'], { cwd: root });
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

/** A document without its blocks of code and the words in backquotes. */
function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
}
