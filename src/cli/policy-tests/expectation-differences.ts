/** Compares a test's expectation with what the sign-in comes to. */
import type { DecidedSignIn } from '../../flow/explain.ts';
import { nameInFile } from '../../policy/schema/policies/session-policy.ts';
import type { Expectation } from '../../policy/schema/policy-tests.ts';
import { askedSteps, stepsText, writtenStep } from './asked-steps.ts';

export interface Difference {
  /** `deny`, `steps`, `rule`, `rule.session`, `acr`. */
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
  /** For a test about many sign-ins: options of `explain` for one that shows the difference. */
  readonly example?: readonly string[];
}

/** Empty if everything in the expectation is met. What it leaves out may be anything. */
export function differences(expected: Expectation, signIn: DecidedSignIn): readonly Difference[] {
  const { deny, steps, rule, acr } = expected;
  const lastStep = signIn.steps.at(-1);
  const reached = lastStep?.kind === 'complete' ? (lastStep.acr ?? 'none') : 'none, as the sign-in does not complete';
  return [
    ...(deny === undefined ? [] : denial(deny, lastStep)),
    ...(steps === undefined ? [] : row('steps', stepsText(steps.map(writtenStep)), stepsText(askedSteps(signIn)))),
    ...(rule === undefined ? [] : rules(rule, signIn)),
    ...(acr === undefined ? [] : row('acr', acr, reached)),
  ];
}

function row(what: string, expected: string, actual: string): readonly Difference[] {
  return expected === actual ? [] : [{ what, expected, actual }];
}

function denial(
  expected: NonNullable<Expectation['deny']>,
  lastStep: DecidedSignIn['steps'][number] | undefined,
): readonly Difference[] {
  const isDenied = lastStep?.kind === 'denied';
  if (expected === true) return row('deny', 'yes', isDenied ? 'yes' : outcomeText(lastStep));
  return row('deny', expected === false ? 'no' : expected, isDenied ? lastStep.reason : outcomeText(lastStep));
}

/** For a sign-in that no rule denies. */
function outcomeText(lastStep: DecidedSignIn['steps'][number] | undefined): string {
  if (lastStep?.kind === 'complete') return 'no';
  return lastStep?.kind === 'identify' ? 'open: it depends on the user' : 'open: the user has nothing to answer with';
}

function rules(expected: NonNullable<Expectation['rule']>, signIn: DecidedSignIn): readonly Difference[] {
  const decidedBy = (name: string) =>
    signIn.layers.find(({ layer, decidedBy: rule }) => layer === name && rule !== undefined)?.decidedBy;
  const lastStep = signIn.steps.at(-1);
  const denying = lastStep?.kind === 'denied' ? lastStep.rule : undefined;
  if (typeof expected === 'string') return row('rule', expected, denying ?? decidedBy('app') ?? 'none');
  return Object.entries(expected).flatMap(([layer, name]) => {
    const actual = decidedBy(layer) ?? 'none';
    if (name === undefined || (layer === 'session' && name === nameInFile(actual))) return [];
    return row(`rule.${layer}`, name, actual);
  });
}
