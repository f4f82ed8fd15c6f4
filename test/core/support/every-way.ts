/** Every way through a fresh sign-in, each decided by the evaluator. */
import { afterFirstSecret, decisionAt, factsAt } from '../../../src/core/analysis/simulation/simulate.ts';
import { identifiedAs, type Progress, prove } from '../../../src/core/analysis/simulation/simulated-answers.ts';
import type { Evidence, Facts, Subject } from '../../../src/core/model/facts.ts';
import { omitUndefined } from '../../../src/core/model/omit-undefined.ts';
import type { PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { askedMethods } from '../../../src/core/queries/asked-methods.ts';
import type { Action } from '../../../src/core/remediation/all-sufficient-sets.ts';

/** A way in: what was proved, in order, and what tokens say then. */
export interface Way {
  readonly proofs: readonly Action[];
  readonly acr: string | undefined;
  readonly evidence: readonly Evidence[];
}

/**
 * The ways of a user who sets nothing up, with whatever is offered at each step, and those by the secret of the first
 * page that contain none of them.
 */
export function everyWay(policies: PolicySet, facts: Facts, subject: Subject): readonly Way[] {
  const signIn = { policies, facts };
  const begun = afterFirstSecret({ policies, facts: { ...facts, subject } });
  const secret = begun?.transaction.evidence.map(({ authenticator }) => ({ authenticator })) ?? [];
  const ways = waysFrom(identifiedAs(subject, facts), signIn, []);
  const byFirstSecret = begun ? waysFrom(begun, signIn, secret) : [];
  return [...ways, ...byFirstSecret.filter(({ proofs }) => !ways.some((way) => isPart(way.proofs, proofs)))];
}

function waysFrom(
  from: Progress,
  signIn: { readonly policies: PolicySet; readonly facts: Facts },
  proofs: readonly Action[],
): readonly Way[] {
  const { policies, facts } = signIn;
  const decision = decisionAt(from, signIn);
  if (decision.kind === 'allow') return [{ proofs, acr: decision.assurance.acr, evidence: from.transaction.evidence }];
  if (decision.kind !== 'challenge') return [];
  return decision.options.flatMap(({ authenticator, enrollments }) =>
    from.subject.enrollments
      .filter(({ id }) => enrollments.includes(id))
      .flatMap((enrollment) =>
        (askedMethods(policies, factsAt(from, facts), authenticator) ?? [undefined]).flatMap((method) => {
          const given = omitUndefined({ origin: 'sign_in' as const, at: facts.now, method });
          const action = omitUndefined({ authenticator, method });
          return waysFrom(prove(from, enrollment, given), signIn, [...proofs, action]);
        }),
      ),
  );
}

/** The ways that contain no shorter one. */
function shortestWays(ways: readonly Way[]): readonly Way[] {
  return ways.filter(
    ({ proofs }) => !ways.some((way) => way.proofs.length < proofs.length && isPart(way.proofs, proofs)),
  );
}

/** The shortest ways, and those that begin with a proof which is in none of them and go on as one of them. */
export function waysToTell(ways: readonly Way[]): readonly Way[] {
  const shortest = shortestWays(ways);
  const isIn = (action: Action, { proofs }: Way) => proofs.some((other) => isOneOf(action, other));
  const isBegunOtherwise = ({ proofs: [first, ...rest] }: Way) =>
    first !== undefined &&
    !shortest.some((way) => isIn(first, way)) &&
    shortest.some((way) => way.proofs.length === rest.length && rest.every((action) => isIn(action, way)));
  return [...shortest, ...ways.filter((way) => !shortest.includes(way) && isBegunOtherwise(way))];
}

function isPart(some: readonly Action[], all: readonly Action[]): boolean {
  return some.every((action) => all.some((other) => isOneOf(action, other)));
}

/** Whether they are the same, whatever the method where one names none. */
export function isOneOf(action: Action, other: Action): boolean {
  return action.authenticator === other.authenticator && (action.method ?? other.method) === other.method;
}
