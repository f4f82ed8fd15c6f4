/** Compares a test with its results: those of its one sign-in, or of all that it leaves open. */
import type { Facts } from '../../core/model/facts.ts';
import type { DecidedSignIn } from '../../flow/explain.ts';
import { exampleOptions } from '../../policy/analysis/text/example-options.ts';
import type { Expectation, PolicyTest } from '../../policy/schema/policy-tests.ts';
import { conditionResults } from './condition-results.ts';
import { type Difference, differences } from './expectation-differences.ts';
import type { OpenSignIns } from './open-sign-ins.ts';

interface OpenComparison {
  readonly differences: readonly Difference[];
  readonly example: readonly string[];
}

/** Evaluates `always`, `never` and `depends` of a test. Empty if all of them hold. */
export async function openDifferences(
  test: PolicyTest,
  { facts, isPartial: reason, unstated, openRules, isTimed }: OpenSignIns,
  decidedAt: (facts: Facts) => Promise<DecidedSignIn>,
): Promise<readonly Difference[]> {
  const asked = openExpectations.flatMap((expectation) => {
    const expected = test[expectation];
    if (expected === undefined) return [];
    return [{ expectation, expected, compared: [] as OpenComparison[], seen: new Set<boolean>() }];
  });
  let isDoubtful = false;
  for (const sample of facts) {
    const signIn = await decidedAt(sample);
    isDoubtful ||=
      sample.subject !== undefined && reachesOne(openRules({ ...sample, subject: sample.subject }), signIn);
    const example = exampleOf(sample, test.user?.enrolled, isTimed);
    for (const { expected, compared, seen } of asked) {
      const found = { differences: differences(expected, signIn), example };
      compared.push(found);
      seen.add(holds(found));
    }
    // The first examples are enough, whatever the others come to.
    if (asked.every(({ expectation, seen }) => isDecided[expectation](seen))) break;
  }
  const isPartial = reason ?? (isDoubtful ? doubtOf(unstated) : undefined);
  return asked.flatMap(({ expectation, expected, compared }) => {
    if (expectation === 'always') return always(compared, isPartial);
    return (expectation === 'never' ? never : depends)(expected, compared, isPartial);
  });
}

const openExpectations = ['always', 'never', 'depends'] as const;

const holds = (compared: OpenComparison): boolean => compared.differences.length === 0;

/** Whether what was seen is enough to decide: sign-ins for which the expectation holds, and others. */
const isDecided: Readonly<Record<(typeof openExpectations)[number], (seen: ReadonlySet<boolean>) => boolean>> = {
  always: (seen) => seen.has(false),
  never: (seen) => seen.has(true),
  depends: (seen) => seen.size === 2,
};

/** An expression of one of these rules was evaluated. */
function reachesOne(open: readonly string[], { first, layers }: DecidedSignIn): boolean {
  const isOfExpression = (result: string) => result.split(/[ .]/).includes('expression');
  const isOpen = (result: string) => open.some((location) => result.startsWith(`${location} `));
  const results = () => [...new Set([first, layers])].flatMap((all) => conditionResults({ layers: all }));
  return open.length > 0 && results().some((result) => isOpen(result) && isOfExpression(result));
}

/** Why there may be other outcomes, in one sentence: an expression that was evaluated may come to something else. */
function doubtOf(unstated: readonly string[]): string {
  const parts = [...new Set(unstated.flatMap((path) => partsOfTest(path) ?? []))].map((part) => `\`${part}\``);
  const isSayable = unstated.every((path) => partsOfTest(path) !== undefined);
  const advice = isSayable ? `say ${parts.join(' and ')}, or leave it to \`expect\`` : 'leave it to `expect`';
  return `whether \`expression\` holds is not known beforehand: ${advice}`;
}

/** What a test must say to state a fact that expressions read. Undefined: no test can. */
function partsOfTest(path: string): readonly string[] | undefined {
  if (path.startsWith('user.profile.')) return ['user.attributes'];
  return partsByFact[path];
}

const partsByFact: Readonly<Record<string, readonly string[]>> = {
  now: ['time'],
  'user.id': ['user.id'],
  'user.identifiers': ['user.identifiers'],
  'user.groups': ['user.groups'],
  'user.userType': ['user.userType'],
  'user.createdAt': ['user.accountAge', 'time'],
  'network.ip': ['network.ip'],
  'network.zones': ['network'],
  'device.known': ['device.known'],
  'device.platform': ['device.platform'],
  'device.os': ['device.os'],
  'request.scopes': ['request.scopes'],
};

function always(compared: readonly OpenComparison[], isPartial: string | undefined): readonly Difference[] {
  const counter = compared.find((signIn) => !holds(signIn));
  if (counter === undefined) return isPartial === undefined ? [] : [undecided('always', isPartial)];
  return counter.differences.map((difference) => ({
    ...difference,
    what: `always ${difference.what}`,
    example: counter.example,
  }));
}

function never(
  expected: Expectation,
  compared: readonly OpenComparison[],
  isPartial: string | undefined,
): readonly Difference[] {
  const counter = compared.find(holds);
  if (counter === undefined) return isPartial === undefined ? [] : [undecided('never', isPartial)];
  return [{ what: 'never', expected: `not ${textOf(expected)}`, actual: textOf(expected), example: counter.example }];
}

function depends(
  expected: Expectation,
  compared: readonly OpenComparison[],
  isPartial: string | undefined,
): readonly Difference[] {
  const same = compared.filter(holds);
  if (same.length > 0 && same.length < compared.length) return [];
  if (isPartial !== undefined) return [undecided('depends', isPartial)];
  const actual = same.length > 0 ? 'always' : 'never';
  return [{ what: 'depends', expected: `${textOf(expected)}: sometimes`, actual: `${textOf(expected)}: ${actual}` }];
}

function undecided(what: string, reason: string): Difference {
  return { what, expected: 'a proof', actual: `undecided: ${reason}` };
}

/** The expectation as written, on one line. */
function textOf(expected: Expectation): string {
  return Object.entries(expected)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

/** `written`: the user's authenticators in the test. */
function exampleOf(facts: Facts, written: readonly string[] | undefined, isTimed: boolean): readonly string[] {
  if (facts.subject === undefined) return [];
  const enrolled = written ?? facts.subject.enrollments.map(({ authenticator }) => authenticator);
  return exampleOptions({ ...facts, subject: facts.subject, ...(isTimed && { isTimed }) }, enrolled);
}
