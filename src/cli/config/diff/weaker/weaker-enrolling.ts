/** Finds what users who lack what a stricter rule asks for may set up in a sign-in after proving less. */
import type { Deciders } from '../../../../core/analysis/comparison/deciding-together.ts';
import { type NewlyEnrollingSearch, newlyEnrolling } from '../../../../core/analysis/comparison/newly-enrolling.ts';
import { type KnownAdditions, newlyInSequence } from '../../../../core/analysis/comparison/newly-in-sequence.ts';
import type { WeakerSearch } from '../../../../core/analysis/comparison/newly-weaker.ts';
import type { EnrollingSides } from '../../../../core/analysis/comparison/opened-by-rules.ts';
import type { AccountBefore } from '../../../../core/analysis/comparison/rules-at-account.ts';
import type { SequenceRules } from '../../../../core/analysis/comparison/rules-together.ts';
import type { RuleHead } from '../../../../core/model/policy.ts';
import type { ComparedPair } from './compared-pair.ts';
import {
  enrollingRule,
  enrollmentText,
  namedLocationText,
  ruleLocations,
  rulesText,
  type WeakerFindings,
} from './weaker-rules.ts';

/** `known`: what is found about the same rules without it. */
export function ofEnrolling(sides: EnrollingSides, { pair, space }: ComparedPair, known: WeakerSearch): WeakerFindings {
  const isSame = (one: Deciders, other: Deciders) => one.app === other.app && one.session === other.session;
  const all = [...known.found, ...known.undecided];
  const { found, undecided } = newlyEnrolling(
    {
      ...sides,
      isKnown: ({ before, now }) => all.some((rules) => isSame(rules.before, before) && isSame(rules.now, now)),
    },
    space,
  );
  return { weaker: found.map((enrolling) => enrollingRule(enrolling, pair)), undecided: undecided.map(undecidedText) };
}

/**
 * Finds who newly gets in since the account policy asks for one enrollment before another, at the first app where a
 * user does.
 */
export function ofSequences(pairs: readonly ComparedPair[], account: AccountBefore): WeakerFindings {
  const undecided = new Set<string>();
  const known: KnownAdditions = new Map();
  for (const { pair, active, next, refused, space } of pairs) {
    const search = newlyInSequence({ active, next, ...(refused && { refused }), account }, space, known);
    const weaker = search.found.map((opened) => ({
      ...enrollingRule(opened, pair),
      before: ruleLocations(opened.rulesBefore),
      after: ruleLocations(opened.rulesNow),
    }));
    if (weaker.length > 0) return { weaker, undecided: [] };
    for (const rules of search.undecided) undecided.add(sequenceText(rules));
  }
  return { weaker: [], undecided: [...undecided] };
}

function sequenceText({ rulesBefore, rulesNow }: SequenceRules): string {
  const textOf = (rules: readonly RuleHead[]) => ruleLocations(rules).map(namedLocationText).join(' and ') || 'no rule';
  return `${textOf(rulesNow)}, where ${textOf(rulesBefore)} decided: users may get in by what they set up one after the other`;
}

/** Enrollment rules are named where those are what differs. */
function undecidedText({ before, now, added }: NewlyEnrollingSearch['undecided'][number]): string {
  const isOther = JSON.stringify(before.enrollment?.then) !== JSON.stringify(now.enrollment?.then);
  const textOf = (rules: Deciders) =>
    isOther ? `${rulesText(rules)} with ${enrollmentText(rules)}` : rulesText(rules);
  const what = `users who set up ${added.join(' and ')} in the sign-in may prove less for it than was asked for`;
  return `${textOf(now)}, where ${textOf(before)} decided: ${what}`;
}
