/** What a sign-in asks of a user who skips everything that may be skipped. */
import type { Facts, Subject } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { Action } from '../../remediation/all-sufficient-sets.ts';
import type { AskedInAll, WayIn } from './asked-in-all.ts';
import { followedSignIns } from './followed-sign-ins.ts';
import { furtherProofs } from './further-proofs.ts';
import { proving } from './proving.ts';
import { choicesIn, type RequiredChoice } from './required-choices.ts';
import { setUpsFrom } from './set-ups-from.ts';
import { stepsOf } from './simulate.ts';
import { identifiedAs, type Progress, type SimulatedStep, type Simulation } from './simulated-answers.ts';
import { endsWell, haveOffer, skippingFrom } from './skipping-offers.ts';

/** What one way to sign in asks of such a user. */
export interface LeastOfWay {
  /** After the proofs. */
  readonly steps: readonly SimulatedStep[];
  /** What must be set up, by each of the sets of proofs, and by each choice after it. */
  readonly setUps: readonly (readonly RequiredChoice[])[];
}

/** `asked`: of the same facts. Empty: the user does not get in. */
export function leastOfWays(policies: PolicySet, facts: Facts, asked: AskedInAll | undefined): readonly LeastOfWay[] {
  const { subject } = facts;
  if (subject === undefined || asked === undefined) return [];
  const simulation = { policies, facts };
  return asked.ways.map((way) => {
    const after = afterProofs(way, subject, simulation);
    const added = way.sets.map((set) => setUpIn(set, subject, policies));
    return { steps: after.steps, setUps: added.flatMap((own) => after.setUps.map((more) => [...own, ...more])) };
  });
}

function afterProofs({ sets, after }: WayIn, subject: Subject, simulation: Simulation): LeastOfWay {
  const hasChoice = choicesIn(after).some((choice) => choice.length > 1);
  const from = haveOffer(after) || hasChoice ? endOfProofs({ sets, after }, subject, simulation) : undefined;
  if (from === undefined) return { steps: after, setUps: [choicesIn(after)] };
  const further = furtherProofs(after);
  const skipping = haveOffer(after) ? skippingFrom(from, simulation, further) : after;
  const steps = endsWell(skipping) ? skipping : after;
  const setUps = setUpsFrom(from, simulation, further);
  return { steps, setUps: setUps.length > 0 ? setUps : [choicesIn(steps)] };
}

/** Where the user is who proved one of the sets, and whom these steps follow. */
function endOfProofs({ sets, after }: WayIn, subject: Subject, simulation: Simulation): Progress | undefined {
  const { policies, facts } = simulation;
  const found = followedSignIns(policies, facts);
  const followed = found ? [...(found.others ?? []), found.simulated] : [];
  const words = JSON.stringify(after);
  const own = followed.find(({ set, turns }) => sets.includes(set) && JSON.stringify(stepsOf(turns)) === words);
  if (own) return own.turns[0]?.from;
  const [first = []] = sets;
  return proving(first, identifiedAs(subject, facts), simulation);
}

/** A new one in place of the only one that the user may have is none. */
function setUpIn(
  set: readonly Action[],
  { enrollments }: Subject,
  { authenticators }: PolicySet,
): readonly RequiredChoice[] {
  const isReplaced = (of: string) =>
    authenticators.some(({ key, maxEnrollments }) => key === of && maxEnrollments === 1) &&
    enrollments.some(({ authenticator }) => authenticator === of);
  return set.flatMap(({ authenticator, toEnroll }) =>
    toEnroll && !isReplaced(authenticator) ? [[authenticator]] : [],
  );
}
