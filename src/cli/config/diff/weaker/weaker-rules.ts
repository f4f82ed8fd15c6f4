/** Describes what lets users in with less: in words, with the rules of both configurations and an example. */
import type { Deciders } from '../../../../core/analysis/comparison/deciding-together.ts';
import type { LaxerEnrollment } from '../../../../core/analysis/comparison/laxer-enrollment.ts';
import type { NewlyEnrolling } from '../../../../core/analysis/comparison/newly-enrolling.ts';
import type { NewlyWeaker } from '../../../../core/analysis/comparison/newly-weaker.ts';
import type { FreedEnrollment } from '../../../../core/analysis/comparison/switched-off.ts';
import type { NewlyOpened } from '../../../../core/analysis/comparison/switched-on.ts';
import type { StepAfter } from '../../../../core/analysis/simulation/step-after.ts';
import { proofNames } from '../../../../core/evidence/proof-names.ts';
import type { RuleHead } from '../../../../core/model/policy.ts';
import { sourceLocationText } from '../../../../core/model/source-location.ts';
import { plainTime, type UserFacts } from '../../../../core/policy/theories/theory.ts';
import { exampleOptions } from '../../../../policy/analysis/text/example-options.ts';
import { enrolledOptions, proofOptions, provedOptions } from '../../../../policy/analysis/text/proofs-text.ts';
import type { AppPair } from '../compared/app-pairs.ts';
import { zonesOn } from '../compared/both-zones.ts';
import type { NamedLocation } from '../compared/configuration-changes.ts';
import { limitText } from './limits-text.ts';
import { enoughText, ownerText, provedText, rememberingText, scopesText } from './weaker-sentences.ts';

/** Rules that let users in with less. */
export interface WeakerRule {
  /** Client ids. */
  readonly apps: readonly string[];
  /** What is sufficient now, in words. */
  readonly words: string;
  readonly before: readonly NamedLocation[];
  readonly after: readonly NamedLocation[];
  /** Options of `explain` for the files that would be applied. */
  readonly example: readonly string[];
}

/** What is weaker, and what stayed open. */
export interface WeakerFindings {
  readonly weaker: readonly WeakerRule[];
  /** Sentences. */
  readonly undecided: readonly string[];
}

export function weakerRule(weaker: NewlyWeaker, { clientIds, next }: AppPair): WeakerRule {
  const { facts, proved, enrolled, longer, scopes } = weaker;
  const measure = next.policies;
  return {
    apps: clientIds,
    words: [
      ...(proved ? [enoughText(proved, measure)] : []),
      ...(longer ?? []).map(limitText),
      ...(scopes ? [scopesText(scopes)] : []),
      ...(proved === undefined && longer === undefined && scopes === undefined
        ? ['lets users in who were denied']
        : []),
    ].join('; '),
    before: locationsOf(weaker.before),
    after: locationsOf(weaker.now),
    example: proved ? provedOptions(shownFacts(facts), proved, measure) : exampleOptions(shownFacts(facts), enrolled),
  };
}

/** Facts with zones named as in the files to be applied. */
export function shownFacts({ network, ...facts }: UserFacts): UserFacts {
  return { ...facts, network: { ...network, zones: zonesOn('next', network.zones) } };
}

export function freedRule({ before, now, facts, off, proved, enrolls }: FreedEnrollment, pair: AppPair): WeakerRule {
  const what = `set up ${enrolls.join(' or ')}`;
  return {
    apps: pair.clientIds,
    before: locationsOf(before),
    after: locationsOf(now),
    words: `${proved} is enough to ${what} for a user who has ${off}, which is switched off, and was not`,
    example: exampleOptions(shownFacts(facts), [proved]),
  };
}

export function openedRule({ before, now, facts, proved, besides, enrolls }: NewlyOpened, pair: AppPair): WeakerRule {
  const names = proved.map(({ key, methods = [] }) => proofNames({ authenticator: key, methods: methods.slice(0, 1) }));
  const words = names.map((all) => all.at(-1)).toReversed();
  const owner = besides.length > 0 ? ` for a user who has ${besides.join(' and ')}, too` : '';
  return {
    apps: pair.clientIds,
    before: locationsOf(before),
    after: locationsOf(now),
    words: `${words.join(' and ')} is enough to set up ${enrolls.join(' or ')}${owner}, and was not`,
    example: [
      ...exampleOptions(shownFacts(facts), [...proved.map(({ key }) => key), ...besides]),
      ...['--evidence', words.join(',')],
    ],
  };
}

export function laxerRule({ before, now, facts, proofs, step }: LaxerEnrollment, pair: AppPair): WeakerRule {
  const measure = pair.next.policies;
  const setUp = (then: StepAfter) => (then.kind === 'enroll' ? ` to set up ${then.choices.join(' or ')}` : '');
  const withoutSetUp = setUp(step.before).replace(' to set up', ' without setting up');
  const enough = `${provedText(proofs, measure)} is enough${setUp(step.now)}${ownerText(proofs)}${rememberingText(proofs)}`;
  return {
    apps: pair.clientIds,
    words: `${enough}, and was not${withoutSetUp}${graceText(facts)}`,
    before: ruleLocations(before.enrollment ? [before.enrollment] : []),
    after: ruleLocations(now.enrollment ? [now.enrollment] : []),
    example: provedOptions(shownFacts(facts), proofs, measure),
  };
}

export function enrollingRule(enrolling: NewlyEnrolling, pair: AppPair): WeakerRule {
  const { facts, proofs, weaker, added, before, now } = enrolling;
  const measure = pair.next.policies;
  const enrolled = enrolledOptions(proofs, measure).map((option) => {
    const key = weaker.find((descriptor) => descriptor.key === option);
    return key ? `${option}[${key.characteristics.join('+')}]` : option;
  });
  return {
    apps: pair.clientIds,
    words: `${provedText(proofs, measure)} is enough to set up ${added.join(' and ')}${ownerText(proofs)}, and so to get in, and was not`,
    before: locationsOf(before),
    after: locationsOf(now),
    example: [...exampleOptions(shownFacts(facts), enrolled), ...proofOptions(proofs, measure)],
  };
}

/** Says that the grace of before was over then. */
function graceText({ now, subject: { skipped = {} } }: UserFacts): string {
  const counts = Object.entries(skipped).map(([key, { grace }]) => `${key} ${timesText(grace?.count ?? 0)}`);
  const then = now === plainTime ? '' : ` on ${new Date(now * 1000).toISOString().slice(0, 10)}`;
  return `${counts.length > 0 ? ` once the user had skipped ${counts.join(' and ')}` : ''}${then}`;
}

function timesText(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function locationsOf({ app, session }: Deciders): readonly NamedLocation[] {
  return ruleLocations([app, session].flatMap((rule) => rule ?? []));
}

export function ruleLocations(rules: readonly RuleHead[]): readonly NamedLocation[] {
  return rules.flatMap(({ name, location }) => (location ? [{ name, ...location }] : []));
}

/** The name of a rule, and its location. */
export function namedLocationText(location: NamedLocation): string {
  return `"${location.name}" (${sourceLocationText(location)})`;
}

/** The rules of an app that decide, each with its location. */
export function rulesText(deciders: Deciders): string {
  const locations = locationsOf(deciders);
  return locations.length === 0 ? 'no rule' : locations.map(namedLocationText).join(' and ');
}

export function enrollmentText({ enrollment }: Deciders): string {
  return (
    ruleLocations(enrollment ? [enrollment] : [])
      .map(namedLocationText)
      .join() || 'no rule'
  );
}
