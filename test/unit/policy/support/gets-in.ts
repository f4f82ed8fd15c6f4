/** Sign-ins in which a user tries every choice: each option, each enrollment, and each offer accepted or left. */
import { decisionAt, takeTurn } from '../../../../src/core/analysis/simulation/simulate.ts';
import {
  identifiedAs,
  type Progress,
  prove,
  type Simulation,
} from '../../../../src/core/analysis/simulation/simulated-answers.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { picked, skipping } from '../../../../src/core/step/transitions.ts';

const mostTurns = 14;

/** Whether one of them gets the user in. */
export function getsIn(policies: PolicySet, facts: Facts): boolean {
  const { subject } = facts;
  return subject !== undefined && leadsIn(identifiedAs(subject, facts), { policies, facts }, mostTurns);
}

function leadsIn(from: Progress, simulation: Simulation, left: number): boolean {
  const decision = decisionAt(from, simulation);
  if (decision.kind === 'allow') return true;
  if (decision.kind === 'deny' || left === 0) return false;
  return nextOf(from, simulation).some((next) => leadsIn(next, simulation, left - 1));
}

function nextOf(from: Progress, simulation: Simulation): readonly Progress[] {
  const { transaction, subject } = from;
  const decision = decisionAt(from, simulation);
  if (decision.kind !== 'challenge' && decision.kind !== 'enroll')
    return [takeTurn(from, simulation).next ?? []].flat();
  const { skippable } = decision;
  const left = skippable ? [{ subject, transaction: skipping(transaction, skippable.authenticators) }] : [];
  if (decision.kind === 'challenge') {
    const offered = decision.options.flatMap(({ enrollments }) => enrollments);
    const own = subject.enrollments.filter(({ id }) => offered.includes(id));
    return [...left, ...own.map((each) => prove(from, each, { origin: 'sign_in', at: simulation.facts.now }))];
  }
  const added = decision.choices.flatMap((authenticator) => {
    const choice = picked(transaction, { purpose: 'enroll', authenticator });
    return takeTurn({ subject, transaction: choice }, simulation).next ?? [];
  });
  return [...left, ...added];
}
