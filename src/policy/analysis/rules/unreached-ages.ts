/** Maximum ages and longest pauses that no proof reaches, as every session in which they count has ended before. */
import { proofsIn } from '../../../core/analysis/proofs/asked-proofs.ts';
import { mayBeOffline, oldestRefreshed, refreshLimits } from '../../../core/analysis/proofs/refreshed-proofs.ts';
import type { Seconds } from '../../../core/model/facts.ts';
import type { AllowTerms, Requirement, Rule } from '../../../core/model/policy.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { durationText } from '../../model/duration-text.ts';
import { durationSeconds } from '../../schema/fields/durations.ts';
import { type FileLocation, findingAt } from '../../source/finding-at.ts';
import { valuesAt } from '../../source/values-at.ts';
import type { AnalysedConfiguration } from '../analysed/configuration.ts';
import type { AppCombination, AppCombinations } from './app-combinations.ts';

export function unreachedAges(
  rule: Rule,
  combinations: AppCombinations,
  { locationOf }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const location = locationOf(rule);
  if (location === undefined || combinations === undefined || combinations.length === 0 || rule.then.kind !== 'allow')
    return [];
  const { then } = rule;
  // The pages of the own account are under the session policy, too, and no app limits a proof there.
  const { oldest, longestPause } = longestIn(then.session ? combinations.map(withoutLimit) : combinations);
  const ages = unreachedIn(location, then.requirement, { name: 'maxAge', limit: oldest });
  const pauses = unreachedIn(location, then.requirement, { name: 'maxIdle', limit: longestPause });
  return [
    ...ages.map(({ seconds, at }) =>
      unreachedAge(at, `a maximum age of ${durationText(seconds)}`, { session: oldest }),
    ),
    ...pauses.map(({ seconds, at }) => unreachedPause(at, seconds, longestPause)),
    ...unreachedLength(then, location, combinations),
  ];
}

/** Over all combinations in which the rule decides. */
function longestIn(combinations: readonly AppCombination[]): {
  readonly oldest: Seconds;
  readonly longestPause: Seconds;
} {
  const proofs = combinations.map((combination) => proofsIn(combination, combination.policies));
  return {
    oldest: Math.max(...proofs.map(({ oldest = Number.POSITIVE_INFINITY }) => oldest)),
    longestPause: Math.max(...proofs.map(({ longestPause = Number.POSITIVE_INFINITY }) => longestPause)),
  };
}

/** What was proved counts at the app as long as the session lives. */
function withoutLimit(combination: AppCombination): AppCombination {
  const { then } = combination.app;
  if (then.kind === 'deny') return combination;
  const { absolute: _, ...appSession } = then.appSession ?? {};
  return { ...combination, app: { ...combination.app, then: { ...then, appSession } } };
}

/** The keys of the file in which it may be written. */
const keys = { maxAge: ['maxAge', 'reauthenticate', 'every'], maxIdle: ['maxIdle'] } as const;

interface AgeLimit {
  readonly name: 'maxAge' | 'maxIdle';
  readonly limit: Seconds;
}

/** The first that is too long, and its location. */
function unreachedIn({ source, path }: FileLocation, requirement: Requirement, { name, limit }: AgeLimit) {
  const seconds = valuesIn(requirement, name).find((length) => length >= limit);
  if (seconds === undefined) return [];
  const allowed = [...path, 'then', 'allow'];
  const written = keys[name]
    .flatMap((key) => valuesAt(source.content, `${allowed.join('.')}.**.${key}`))
    .find(({ value }) => typeof value === 'string' && durationSeconds(value) === seconds);
  return [{ seconds, at: { source, path: written?.path ?? allowed } }];
}

/** After how long sessions end, and refresh tokens. */
interface Ends {
  readonly session: Seconds;
  readonly tokens?: Seconds;
}

const shorten = 'shorten it, or leave it out';
/** Without it a second factor would never be asked for. */
const askLess =
  'shorten it; to ask less in later sessions, too, say `secondFactor: newDevice`, or `remember` in sign-on policies';

function unreachedAge(location: FileLocation, what: string, ends: Ends): AnalysisFinding {
  const advice = location.path.at(-1) === 'every' ? askLess : shorten;
  const { session, tokens = session } = ends;
  const beyond = tokens > session ? `, and every refresh token ${durationText(tokens)} after what it rests on` : '';
  const message = `has ${what} that never counts: every session in which it decides ends after ${durationText(session)}${beyond}`;
  return findingAt('unreached-age', location, { message, advice });
}

function unreachedPause(location: FileLocation, pause: Seconds, longest: Seconds): AnalysisFinding {
  const message = `has a \`maxIdle\` of ${durationText(pause)} that never applies: no session is without activity for longer than ${durationText(longest)}`;
  return findingAt('unreached-age', location, { message, advice: shorten });
}

/** How long what was proved counts at the app, where neither the session itself nor a refresh token is longer. */
function unreachedLength(
  then: AllowTerms,
  { source, path }: FileLocation,
  combinations: readonly AppCombination[],
): readonly AnalysisFinding[] {
  const limit = then.appSession?.absolute;
  if (limit === undefined) return [];
  const unlimited = combinations.map(withoutLimit);
  const session = longestIn(unlimited).oldest;
  if (limit < session) return [];
  const tokens = Math.max(...unlimited.map(oldestByTokens));
  if (limit < tokens) return [];
  const location = { source, path: [...path, 'then', 'session', 'absolute'] };
  return [unreachedAge(location, `a session length of ${durationText(limit)}`, { session, tokens })];
}

/** The age that what was proved may reach at a refresh. No refresh tokens: 0. */
function oldestByTokens(combination: AppCombination): Seconds {
  const { app, policies, formulas, space } = combination;
  // With `keepSignedIn: false`, the session policy bounds refresh tokens, too.
  const isUnkept = app.then.kind === 'allow' && app.then.appSession?.unkept;
  const limits = isUnkept ? undefined : refreshLimits(policies, mayBeOffline(policies, formulas, space));
  return limits ? oldestRefreshed(longestIn([combination]).oldest, limits) : 0;
}

function valuesIn(requirement: Requirement, name: 'maxAge' | 'maxIdle'): readonly Seconds[] {
  const parts: readonly { readonly maxAge?: Seconds; readonly maxIdle?: Seconds }[] =
    'chains' in requirement
      ? requirement.chains.flat()
      : requirement.anyOf.flatMap((alternative) => [alternative, ...alternative.demands]);
  return parts.flatMap((part) => part[name] ?? []);
}
