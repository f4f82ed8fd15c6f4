/** Alternatives and chains of a rule that no user can meet, and those that add nothing. */

import { proofsIn } from '../../../core/analysis/proofs/asked-proofs.ts';
import { followsChain } from '../../../core/analysis/proofs/chain-order.ts';
import { impliesAll } from '../../../core/analysis/proofs/strictness.ts';
import { bestEvidence } from '../../../core/evidence/attainable-acr.ts';
import { meetsRequirement } from '../../../core/evidence/requirement.ts';
import type { AuthenticatorDescriptor } from '../../../core/model/facts.ts';
import type { Requirement, Rule } from '../../../core/model/policy.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { type FileLocation, findingAt } from '../../source/finding-at.ts';
import type { AnalysedConfiguration } from '../analysed/configuration.ts';
import type { AppCombinations } from './app-combinations.ts';

interface Analysed {
  readonly configuration: AnalysedConfiguration;
  /** The enabled ones. */
  readonly authenticators: readonly AuthenticatorDescriptor[];
}

/** Skips a rule none of whose alternatives can be met: other findings report it. */
export function alternativeFindings(
  { then, ...rule }: Rule,
  combinations: AppCombinations,
  { configuration, authenticators }: Analysed,
): readonly AnalysisFinding[] {
  const location = configuration.locationOf(rule);
  if (location === undefined || then.kind !== 'allow' || then.session) return [];
  const parts = partsOf(then.requirement, location);
  const usable = usableIn(combinations, authenticators);
  const canBeMet = ({ requirement }: Part) =>
    usable.some((some) => meetsRequirement(requirement, bestEvidence(requirement, some)));
  const met = parts.filter(canBeMet);
  if (met.length === 0) return [];
  return [
    ...parts.filter((part) => !met.includes(part)).map(unmeetable),
    // What a browser may remember changes whether an alternative is met.
    ...(then.remember === undefined ? pointless(met, authenticators) : []),
  ];
}

/** One alternative or chain, and where it stands. */
interface Part {
  readonly requirement: Requirement;
  readonly location: FileLocation;
}

function partsOf(requirement: Requirement, { source, path }: FileLocation): readonly Part[] {
  const at = (key: string, index: number) => ({ source, path: [...path, 'then', 'allow', key, index] });
  return 'chains' in requirement
    ? requirement.chains.map((chain, index) => ({ requirement: { chains: [chain] }, location: at('chains', index) }))
    : requirement.anyOf.map((alternative, index) => ({
        requirement: { anyOf: [alternative] },
        location: at('anyOf', index),
      }));
}

/** The usable authenticators of each combination; if some is undecided, all that are enabled. */
function usableIn(
  combinations: AppCombinations,
  authenticators: readonly AuthenticatorDescriptor[],
): readonly (readonly AuthenticatorDescriptor[])[] {
  return (
    combinations?.map((combination) => proofsIn(combination, combination.policies).authenticators) ?? [authenticators]
  );
}

function unmeetable({ requirement, location }: Part): AnalysisFinding {
  const what = 'chains' in requirement ? 'this chain' : 'this alternative';
  const message = `no user can meet ${what}: what may be used there is not enough, at its best and fresh`;
  const advice = 'enable what it takes in stepgate.yaml, let it be used in the enrollment policy, or remove it';
  return findingAt('unmeetable', location, { message, advice });
}

/** Examines the last first: if two alternatives ask for the same, the first one stays. */
function pointless(
  parts: readonly Part[],
  authenticators: readonly AuthenticatorDescriptor[],
): readonly AnalysisFinding[] {
  let kept = parts;
  return parts.toReversed().flatMap((part) => {
    const others = kept.filter((other) => other !== part);
    if (!isContained(part, others, authenticators)) return [];
    kept = others;
    const message = 'adds nothing: what meets it meets another one, too';
    return [findingAt('pointless-alternative', part.location, { message, advice: 'remove it' })];
  });
}

function isContained(
  { requirement }: Part,
  others: readonly Part[],
  authenticators: readonly AuthenticatorDescriptor[],
): boolean {
  if (others.length === 0) return false;
  if ('chains' in requirement)
    return others.some((other) => 'chains' in other.requirement && followsChain(requirement, other.requirement));
  const anyOf = others.flatMap((other) => ('anyOf' in other.requirement ? other.requirement.anyOf : []));
  return impliesAll([requirement], [{ anyOf }], { authenticators }) === 'holds';
}
