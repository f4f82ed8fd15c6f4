/** Which secret the identifier page asks for, too, and whether it offers to keep the user signed in. */

import { minimumAcrLayer, requestLayersOf } from '../decision/acr-layers.ts';
import type { LayerRequirement } from '../model/decision.ts';
import type { Enrollment, Facts } from '../model/facts.ts';
import type { Requirement, Rule } from '../model/policy.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { usablePolicies } from '../policy/rules/enrollment-terms.ts';
import { capabilitiesWithin } from '../remediation/capabilities.ts';
import { mostOf } from '../remediation/enrollable.ts';
import { requirementStatus } from '../remediation/requirement-status.ts';
import { cachedAnswers, type RulesAhead, rulesAhead } from './rules-ahead.ts';

/**
 * The key of the first authenticator whose secret the identifier page may ask for, and which makes progress for every
 * user. That is: under every session rule, app rule and enrollment rule that may decide once the user has identified,
 * for a user who has every enabled authenticator, as often as a chain can use it. To ask for more would be to ask for
 * too much. Undefined: none.
 */
export function identifierPageSecret(policies: PolicySet, facts: Facts): string | undefined {
  if (policies.identifierFirst) return undefined;
  return policies.authenticators
    .filter(({ askedWithIdentifier }) => askedWithIdentifier)
    .map(({ key }) => key)
    .find((key) => identifyingHelps(policies, facts, { key, forUsers: 'all' }));
}

/** Whether proving this authenticator at once makes progress, for all users or at least for some. */
export function identifyingHelps(
  policies: PolicySet,
  facts: Facts,
  { key, forUsers }: { readonly key: string; readonly forUsers: 'all' | 'some' },
): boolean {
  const ahead = rulesAhead(policies, facts);
  const acr = acrRequirements(policies, facts);
  const asked = JSON.stringify([key, forUsers, acr]);
  return answers(ahead, asked, () => helpsUnder(policies, ahead, { key, forUsers, acr }));
}

const answers = cachedAnswers<boolean>();
/** Of usable authenticators: apps with other policies often require the same. */
const answersToRulings = cachedAnswers<boolean, PolicySet['authenticators']>();

interface AskedOfPage {
  readonly key: string;
  readonly forUsers: 'all' | 'some';
  /** What is required of every user beside the rules. */
  readonly acr: readonly LayerRequirement[];
}

/** The minimum `acr` of the app, and the essential one of the request. A voluntary one may give way. */
function acrRequirements(policies: PolicySet, { request }: Facts): readonly LayerRequirement[] {
  const minimum = minimumAcrLayer(policies)?.requirement;
  const [asked] = request.acrEssential ? requestLayersOf(request, policies.acrLevels) : [];
  return [minimum, asked?.requirement].filter((requirement) => requirement !== undefined);
}

function helpsUnder(policies: PolicySet, ahead: RulesAhead, { key, forUsers, acr }: AskedOfPage): boolean {
  const { presenceOnly, onlyBy } = policies;
  const helps = ({ requirements, usable }: PossibleRuling) => {
    const required = [...requirements, ...acr];
    return answersToRulings(usable.authenticators, JSON.stringify([key, required, presenceOnly, onlyBy]), () => {
      const enrollments = policies.authenticators.flatMap((descriptor) => enrollmentsOf(descriptor, required));
      const capabilities = capabilitiesWithin(usable, policies, { evidence: [], enrollments });
      const status = requirementStatus(required, capabilities);
      return status.kind === 'challenge' && status.options.some(({ authenticator }) => authenticator === key);
    });
  };
  const rulings = possibleRulings(policies, ahead);
  return forUsers === 'all' ? rulings.length > 0 && rulings.every(helps) : rulings.some(helps);
}

/** What the policies may say once the user has identified. */
interface PossibleRuling {
  readonly requirements: readonly LayerRequirement[];
  readonly usable: PolicySet;
}

function possibleRulings(policies: PolicySet, ahead: RulesAhead): readonly PossibleRuling[] {
  const app = allowed(ahead.app);
  const pairs = allowed(ahead.session).flatMap((requirement) =>
    app.map((other) => [layerRequirement('session', requirement), layerRequirement('app', other)]),
  );
  const sets = usableSets(policies, ahead);
  return pairs.flatMap((requirements) => sets.map((usable) => ({ requirements, usable })));
}

/** Whether a session rule that may decide once the user has identified lets the user be kept signed in. */
export function offersToKeep(policies: PolicySet, facts: Facts): boolean {
  const { session, app } = rulesAhead(policies, facts);
  if (!app.some(({ then }) => then.kind === 'allow' && !then.appSession?.unkept)) return false;
  return session.some(({ then }) => then.kind === 'allow' && then.session?.keep !== undefined);
}

/** What each enrollment rule that may decide leaves usable. */
function usableSets(policies: PolicySet, { enrollment }: RulesAhead): readonly PolicySet[] {
  if (policies.enrollment === undefined) return [policies];
  return [...new Set(enrollment.map(({ then }) => usablePolicies(policies, then)))];
}

/** Rules often share a requirement; each is looked at once. */
function allowed(rules: readonly Rule[]): readonly Requirement[] {
  const requirements = rules.flatMap(({ then }) => (then.kind === 'allow' ? [then.requirement] : []));
  return [...new Map(requirements.map((requirement) => [JSON.stringify(requirement), requirement])).values()];
}

function layerRequirement(layer: 'session' | 'app', requirement: Requirement): LayerRequirement {
  return { layer, anyOf: [requirement] };
}

/** All that a user can have of it that these requirements can use. */
function enrollmentsOf(
  descriptor: PolicySet['authenticators'][number],
  required: readonly LayerRequirement[],
): readonly Enrollment[] {
  const { key, methods, factors, characteristics, auxiliary, maxEnrollments } = descriptor;
  const able = { factors, characteristics, ...(methods && { methods }), ...(auxiliary && { auxiliary }) };
  return Array.from({ length: maxEnrollments ?? mostOf(key, required) }, (_, index) => {
    return { id: `${key} ${index}`, authenticator: key, ...able };
  });
}
