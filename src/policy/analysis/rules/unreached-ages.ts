/** Maximum ages and longest pauses that no proof reaches, as every session in which they count has ended before. */
import { askedIn, eachOf, proofsIn } from '../../../core/analysis/proofs/asked-proofs.ts';
import { mayBeOffline, oldestRefreshed, refreshLimits } from '../../../core/analysis/proofs/refreshed-proofs.ts';
import { isYounger } from '../../../core/analysis/proofs/younger-proofs.ts';
import type { Seconds } from '../../../core/model/facts.ts';
import type { AllowTerms, Demand, Rule } from '../../../core/model/policy.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { durationText } from '../../model/duration-text.ts';
import { durationSeconds } from '../../schema/fields/durations.ts';
import { type FileLocation, findingAt } from '../../source/finding-at.ts';
import { valuesAt } from '../../source/values-at.ts';
import type { Path } from '../../source/yaml-source.ts';
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
  const found = limitsIn(then, location).flatMap((limit) => {
    const isAge = limit.name === 'maxAge';
    const longest = isAge ? oldest : longestPause;
    if (limit.seconds < Math.min(longest, limit.younger)) return [];
    return [isAge ? ageFinding(limit, longest) : pauseFinding(limit, longest)];
  });
  return [...onceEachPlace(found), ...unreachedLength(then, location, combinations)];
}

/** What a session policy says once may be in several alternatives. */
function onceEachPlace(found: readonly AnalysisFinding[]): readonly AnalysisFinding[] {
  return found.filter(({ path }, at) => found.findIndex((earlier) => earlier.path === path) === at);
}

/** Over all combinations in which the rule decides. */
function longestIn(combinations: readonly AppCombination[]): {
  readonly oldest: Seconds;
  readonly longestPause: Seconds;
} {
  const limits = combinations.flatMap((combination) => proofsIn(combination, combination.policies).limits);
  return {
    oldest: Math.max(...limits.map(({ oldest = Number.POSITIVE_INFINITY }) => oldest)),
    longestPause: Math.max(...limits.map(({ longestPause = Number.POSITIVE_INFINITY }) => longestPause)),
  };
}

/** What was proved counts at the app as long as the session lives. */
function withoutLimit(combination: AppCombination): AppCombination {
  const { then } = combination.app;
  if (then.kind === 'deny') return combination;
  const { absolute: _, ...appSession } = then.appSession ?? {};
  return { ...combination, app: { ...combination.app, then: { ...then, appSession } } };
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

function ageFinding({ seconds, younger, at }: AgeLimit, session: Seconds): AnalysisFinding {
  const what = `a maximum age of ${durationText(seconds)}`;
  if (younger > seconds) return unreachedAge(at, what, { session });
  const message = `has ${what} that never counts: ${againText(younger)}`;
  return findingAt('unreached-age', at, { message, advice: shorten });
}

function againText(younger: Seconds): string {
  return younger === 0
    ? 'the rule asks for everything in each sign-in again'
    : `the rule asks for it again after ${durationText(younger)}`;
}

function pauseFinding({ seconds, younger, at }: AgeLimit, longest: Seconds): AnalysisFinding {
  const isOwn = younger <= seconds;
  const why = isOwn ? againText(younger) : `no session is without activity for longer than ${durationText(longest)}`;
  const message = `has a \`maxIdle\` of ${durationText(seconds)} that never applies: ${why}`;
  return findingAt('unreached-age', at, { message, advice: shorten });
}

/** How long what was proved counts at the app, where neither the session itself nor a refresh token is longer. */
function unreachedLength(
  then: AllowTerms,
  { source, path }: FileLocation,
  combinations: readonly AppCombination[],
): readonly AnalysisFinding[] {
  const limit = then.appSession?.absolute;
  if (limit === undefined) return [];
  const location = { source, path: [...path, 'then', 'session', 'absolute'] };
  const unlimited = combinations.map(withoutLimit);
  const session = longestIn(unlimited).oldest;
  // What a browser remembers counts however old other proofs are.
  if (then.remember === undefined && unlimited.every((combination) => asksYounger(combination, limit))) {
    const message = `has a session length of ${durationText(limit)} that never counts: no proof that is enough is that old`;
    return [findingAt('unreached-age', location, { message, advice: shorten })];
  }
  if (limit < session) return [];
  const tokens = Math.max(...unlimited.map(oldestByTokens));
  if (limit < tokens) return [];
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

/** Whether what the rules ask for is younger than the limit in any case, also at the last refresh. */
function asksYounger(combination: AppCombination, limit: Seconds): boolean {
  const { policies } = combination;
  const youngest = limit - (policies.refreshTokens?.lifetime ?? 0);
  if (youngest <= 0) return false;
  const asked = askedIn(combination, policies);
  const all = eachOf(proofsIn(combination, policies));
  const isReached = all.some(({ oldest }) => oldest !== undefined && youngest < oldest);
  return isReached && all.every((proofs) => isYounger(asked, youngest, proofs));
}

/** A limit of a rule that says how old a proof may be, or how long a pause since. */
interface AgeLimit {
  readonly name: 'maxAge' | 'maxIdle';
  readonly seconds: Seconds;
  /** How old the proof may be by the other limits of the rule. No limit: infinite. */
  readonly younger: Seconds;
  readonly at: FileLocation;
}

type Limited = Pick<Demand, 'maxAge' | 'maxIdle'>;

/** In the order of the file. */
function limitsIn({ requirement, remember }: AllowTerms, { source, path }: FileLocation): readonly AgeLimit[] {
  const allowed = [...path, 'then', 'allow'];
  const at = (within: Path, name: AgeLimit['name'], seconds: Seconds): FileLocation => {
    const isWritten = valuesAt(source.content, [...allowed, ...within].join('.')).length > 0;
    return { source, path: isWritten ? [...allowed, ...within] : writtenAs(name, seconds, { source, path: allowed }) };
  };
  const ofPart = (
    { maxAge, maxIdle }: Limited,
    within: Path,
    younger = Number.POSITIVE_INFINITY,
  ): readonly AgeLimit[] => {
    const ages = maxAge === undefined ? [] : [{ name: 'maxAge' as const, seconds: maxAge, younger }];
    // A browser remembers no proof that has such a limit, however long it is.
    const pause = remember === undefined ? Math.min(younger, maxAge ?? younger) : Number.POSITIVE_INFINITY;
    const pauses = maxIdle === undefined ? [] : [{ name: 'maxIdle' as const, seconds: maxIdle, younger: pause }];
    return [...ages, ...pauses].map((limit) => ({
      ...limit,
      at: at([...within, limit.name], limit.name, limit.seconds),
    }));
  };
  if ('chains' in requirement)
    return requirement.chains.flatMap((chain, index) =>
      chain.flatMap((step, position) => ofPart(step, ['chains', index, position])),
    );
  const isList = valuesAt(source.content, [...allowed, 'anyOf'].join('.')).length > 0;
  return requirement.anyOf.flatMap(({ maxAge, demands }, index) => {
    const within = isList ? ['anyOf', index] : [];
    const again =
      maxAge === undefined
        ? []
        : [
            {
              name: 'maxAge' as const,
              seconds: maxAge,
              younger: Number.POSITIVE_INFINITY,
              at: at([...within, 'reauthenticate'], 'maxAge', maxAge),
            },
          ];
    return [...again, ...demands.flatMap((demand) => ofPart(demand, [...within, demand.factor ?? 'any'], maxAge))];
  });
}

/** The keys of the file in which it may be written. */
const keys = { maxAge: ['maxAge', 'reauthenticate', 'every'], maxIdle: ['maxIdle'] } as const;

/** Of a session policy, which is written in other words. */
function writtenAs(name: AgeLimit['name'], seconds: Seconds, { source, path }: FileLocation): Path {
  const written = keys[name]
    .flatMap((key) => valuesAt(source.content, `${path.join('.')}.**.${key}`))
    .find(({ value }) => typeof value === 'string' && durationSeconds(value) === seconds);
  return written?.path ?? path;
}
