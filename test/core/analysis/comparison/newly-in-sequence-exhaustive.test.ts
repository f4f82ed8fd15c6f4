/**
 * Who newly gets in by enrollments that come one after the other, compared with brute force: for each pair of
 * configurations, each user of a small universe sets up what the evaluator asks for, at the app and on the pages of the
 * account.
 */
import { describe, expect, test } from '@jest/globals';
import { type KnownAdditions, newlyInSequence } from '../../../../src/core/analysis/comparison/newly-in-sequence.ts';
import type { EnrollingSides } from '../../../../src/core/analysis/comparison/opened-by-rules.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { subsetsOf } from '../../../../src/core/analysis/space/subsets.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import { enrollScope } from '../../../../src/core/enrollment/account-request.ts';
import type { AccountRule } from '../../../../src/core/model/account-policy.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { RequiredEnrollment } from '../../../../src/core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor, Enrollment, Evidence, RequestFacts } from '../../../../src/core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../../src/core/model/neutral-facts.ts';
import type { Demand, Requirement, Rule } from '../../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { enrollmentTerms } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const authenticators: readonly AuthenticatorDescriptor[] = [
  { key: 'password', factors: ['knowledge'], characteristics: [], enrollable: true, maxEnrollments: 1 },
  { key: 'totp', factors: ['possession'], characteristics: ['deviceBound'], enrollable: true },
  { key: 'mail', factors: ['possession'], characteristics: [], enrollable: true },
  { key: 'key', factors: ['possession'], characteristics: ['phishingResistant'], enrollable: true },
];
const keys = authenticators.map(({ key }) => key);

const asking = (factors: 1 | 2 | 3, ...demands: readonly Demand[]): Requirement => ({ anyOf: [{ factors, demands }] });
const one = asking(1);
const two = asking(2);
const byKey = asking(1, { characteristics: ['phishingResistant'] });
const atApp: Conditions = { apps: { any: ['app'] } };

interface Written {
  readonly account: readonly AccountRule[];
  readonly required: readonly RequiredEnrollment[];
  readonly app: Requirement;
  /** The session policy denies the pages of the account. */
  readonly isClosed: boolean;
}

const then = (requirement: Requirement): Rule['then'] => ({ kind: 'allow', requirement });
const deny: Rule['then'] = { kind: 'deny' };
const adding = (key: string, asked: Requirement | 'deny', when: Conditions = {}): AccountRule => {
  return { name: `add ${key}`, change: { add: [key] }, when, then: asked === 'deny' ? deny : then(asked) };
};
const rest: AccountRule = { name: 'rest', when: {}, then: then(one) };

const changes: readonly (readonly AccountRule[])[] = [
  [adding('key', two)],
  [adding('key', asking(2, { authenticators: ['totp'] }))],
  [adding('key', asking(2, { characteristics: ['deviceBound'] }))],
  [adding('key', asking(1, { authenticators: ['totp', 'mail'] }))],
  [adding('key', { chains: [[{ authenticators: ['password'] }, { authenticators: ['totp'] }]] })],
  [adding('key', asking(2, { authenticators: ['totp'] })), adding('totp', asking(1, { authenticators: ['mail'] }))],
  [adding('key', asking(2, { factor: 'possession', exclude: ['mail'] }))],
  [adding('totp', one, atApp), adding('totp', 'deny'), adding('key', asking(2, { authenticators: ['totp'] }))],
  [adding('totp', one, atApp), adding('totp', 'deny'), adding('key', asking(2, { authenticators: ['mail'] }))],
  [adding('key', asking(3))],
];
const requireds: readonly (readonly RequiredEnrollment[])[] = [
  [],
  [{ anyOf: ['key'] }],
  [{ anyOf: ['totp'] }, { anyOf: ['key'] }],
  [{ anyOf: ['key', 'mail'] }],
];
const apps = [one, byKey, asking(2, { characteristics: ['phishingResistant'] })];

let made = 0;
function policiesOf({ account, required, app, isClosed }: Written, clientId: 'app' | 'pages'): PolicySet {
  const rule = (of: Rule['then'], when: Conditions = {}): Rule => {
    made += 1;
    return { name: `R${made}`, when, then: of };
  };
  const terms = enrollmentTerms({ required });
  const pages = { apps: { none: ['app'] } };
  return {
    session: compilePolicy({ name: 'session', rules: [...(isClosed ? [rule(deny, pages)] : []), rule(then(one))] }),
    app: compilePolicy({ name: 'app', rules: [rule(then(clientId === 'app' ? app : one))] }),
    enrollment: compilePolicy({ name: 'enrollment', rules: [{ name: 'all', when: {}, then: terms }] }),
    accountPolicy: compileAccountPolicy({ name: 'account', rules: [...account, rest] }),
    acrLevels: [],
    authenticators,
    ...(clientId === 'pages' && { isAccountApp: true }),
  };
}

interface State {
  readonly enrollments: readonly Enrollment[];
  readonly evidence: readonly Evidence[];
}

const now = 1_800_000_000;

function withMore({ enrollments, evidence }: State, key: string, origin: Evidence['origin'] | 'none'): State {
  const { factors = [], characteristics = [] } = authenticators.find((each) => each.key === key) ?? {};
  const kept = key === 'password' ? enrollments.filter(({ authenticator }) => authenticator !== key) : enrollments;
  const own = { id: `${key} ${enrollments.length}`, authenticator: key, factors, characteristics };
  const { id, ...shown } = own;
  const proof = { ...shown, enrollment: id, subject: 'u', amr: [], at: now, transaction: 't' };
  return { enrollments: [...kept, own], evidence: origin === 'none' ? evidence : [...evidence, { ...proof, origin }] };
}

/** How the user may get in who proves nothing more: what is set up, and what is then there. */
function waysIn(policies: PolicySet, request: RequestFacts, state: State): readonly { added: string[]; end: State }[] {
  const decision = evaluate(
    policies,
    neutralFacts({
      now,
      request,
      transaction: { id: 't', startedAt: now, accountSelected: true },
      network: { ip: '203.0.113.7', zones: [] },
      device: { known: false, platform: 'desktop', os: 'other' },
      subject: { id: 'u', status: 'active', identifiers: [], groups: [], profile: {}, enrollments: state.enrollments },
      evidence: state.evidence,
    }),
  );
  if (decision.kind === 'allow') return [{ added: [], end: state }];
  if (decision.kind !== 'enroll' || state.enrollments.length > 5) return [];
  return decision.choices.flatMap((key) =>
    waysIn(policies, request, withMore(state, key, 'enrollment')).map(({ added, end }) => ({
      ...{ added: [key, ...added], end },
    })),
  );
}

/** What the user could set up on the pages of the account, of these. */
function reachable(pages: PolicySet, some: readonly string[], state: State): readonly State[] {
  const further = some.flatMap((key) => {
    const request = { ...neutralRequest('pages'), scopes: ['openid', enrollScope(key)] };
    const left = some.filter((other) => other !== key);
    return waysIn(pages, request, state).flatMap(({ end }) => reachable(pages, left, end));
  });
  return [state, ...further];
}

const users: readonly State[] = subsetsOf(keys).flatMap((owned) =>
  subsetsOf(owned).map((proved) =>
    owned.reduce<State>((state, key) => withMore(state, key, proved.includes(key) ? 'sign_in' : 'none'), {
      enrollments: [],
      evidence: [],
    }),
  ),
);

function sidesOf(before: Written, after: Written): EnrollingSides {
  return {
    active: policiesOf(before, 'app'),
    next: policiesOf(after, 'app'),
    account: { policies: policiesOf(before, 'pages'), clientId: 'pages' },
  };
}

const atTheApp = neutralRequest('app');

/**
 * The user gets in now by setting up something, and could not before, neither in the sign-in nor with the same set up
 * on the pages. A user who gets in without is the matter of the comparison of rules.
 */
function isNewlyIn({ active, next, account }: EnrollingSides, user: State): boolean {
  const ways = waysIn(next, atTheApp, user);
  if (ways.length === 0 || ways.some(({ added }) => added.length === 0)) return false;
  const some = [...new Set(ways.flatMap(({ added }) => added))];
  return reachable(account.policies, some, user).every((state) => waysIn(active, atTheApp, state).length === 0);
}

function spaceOf({ active, next, account }: EnrollingSides) {
  const conditions = [active, next, account.policies].flatMap(({ session, accountPolicy }) => [
    ...session.rules.map(({ rule }) => rule.when),
    ...(accountPolicy?.rules ?? []).map(({ when }) => when),
  ]);
  return ruleSpace(conditions, universe({ clientIds: ['app'] }));
}

const all: readonly Written[] = changes.flatMap((account) =>
  requireds.flatMap((required) =>
    apps.flatMap((app) => [true, false].map((isClosed) => ({ account, required, app, isClosed }))),
  ),
);

/** What was found about one pair is not searched for again. */
const known: KnownAdditions = new Map();

/** Each configuration with those that differ in one part. Some of the pairs are tried. */
const parts = ['account', 'required', 'app'] as const;
const pairs = (part: (typeof parts)[number], base: Written) =>
  all
    .filter((other) => (['isClosed', ...parts] as const).every((key) => key === part || other[key] === base[key]))
    .map((other) => [base, other] as const);

describe.each([
  ['account', 7],
  ['required', 5],
  ['app', 3],
] as const)('a change of %s', (part, nth) => {
  test('lets in whom the search finds', () => {
    const seen = { weaker: 0, strict: 0 };
    const wrong: unknown[] = [];
    for (const [before, after] of all.flatMap((base) => pairs(part, base)).filter((_, at) => at % nth === 0)) {
      const sides = sidesOf(before, after);
      const { found, undecided } = newlyInSequence(sides, spaceOf(sides), known);
      const isWeaker = before !== after && users.some((user) => isNewlyIn(sides, user));
      seen[isWeaker ? 'weaker' : 'strict'] += 1;
      if (undecided.length > 0 || found.length > 0 !== isWeaker) wrong.push({ isWeaker, before, after });
    }
    expect(wrong).toEqual([]);
    expect(Math.min(seen.weaker, seen.strict)).toBeGreaterThan(5);
  });
});
