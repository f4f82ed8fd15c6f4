/**
 * Limits of sessions and of rules at an app, compared before and after a change: brute force over sign-ins and
 * refreshes by what the evaluator says of them.
 */
import { expect, test } from '@jest/globals';
import { newlyWeaker } from '../../../../src/core/analysis/comparison/newly-weaker.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import { evaluateIssuance } from '../../../../src/core/decision/token-issuance.ts';
import type { AppSession, SessionTerms } from '../../../../src/core/model/policy.ts';
import type { RefreshTokens } from '../../../../src/core/model/refresh-tokens.ts';
import type { PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { always, factors, fixedNow, policiesOf, proof, silentFacts, userWith } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const unit = 1000;
const idle = 100 * unit;

interface Limits {
  readonly session: SessionTerms;
  readonly app: AppSession;
}

const sessions: readonly SessionTerms[] = [1, 3].flatMap((absolute) =>
  [undefined, 4].map((kept) => ({
    ...{ idle, absolute: absolute * unit },
    ...(kept && { keep: { idle, absolute: kept * unit } }),
  })),
);
const limits: readonly Limits[] = sessions.flatMap((session) =>
  [undefined, 1, 2, 5, 8].flatMap((atApp) =>
    [false, true].map((unkept) => ({
      session,
      app: { ...(atApp && { absolute: atApp * unit }), ...(unkept && { unkept }) },
    })),
  ),
);

const lifetime = 3 * unit;
/** Times and ages beyond all limits, in units. */
const many = Array.from({ length: 9 }, (_, units) => units);

interface Apps {
  readonly refreshTokens?: RefreshTokens;
  /** What the rule of the app itself asks for. */
  readonly maxAge?: number;
}

function policiesWith({ session, app }: Limits, { refreshTokens, maxAge }: Apps): PolicySet {
  const asks = { kind: 'allow', requirement: factors(1) } as const;
  const requirement = factors(1, maxAge === undefined ? {} : { maxAge });
  return {
    ...policiesOf({
      enabled: ['password', 'totp'],
      session: always({ ...asks, session }),
      app: always({ ...asks, requirement, appSession: app }),
    }),
    ...(refreshTokens && { refreshTokens }),
  };
}

/** Ages of proofs that let a user in, each with the times after which tokens may be refreshed. */
function allowedIn(given: Limits, apps: Apps, keepSignedIn: boolean) {
  const { refreshTokens } = apps;
  const { absolute, keep } = given.session;
  // A session that may not be kept ends with the browser.
  if (keepSignedIn && keep === undefined) return [];
  const policies = policiesWith(given, apps);
  const session = keepSignedIn && keep ? keep.absolute : absolute;
  return many.flatMap((age) => {
    const evidence = [proof('password', age * unit)];
    const facts = silentFacts({ subject: userWith(['password']), evidence, keepSignedIn });
    if (evaluate(policies, facts).kind !== 'allow') return [];
    const refreshed = many.filter(
      (time) =>
        refreshTokens !== undefined &&
        time * unit <= refreshTokens.lifetime &&
        (!refreshTokens.endWithSession || (age + time) * unit <= session) &&
        evaluateIssuance(policies, facts, fixedNow + time * unit).allow,
    );
    return ['sign-in', ...refreshed].map((what) => `${age} ${what}`);
  });
}

const isMore = (before: readonly string[], after: readonly string[]) =>
  after.some((proved) => !before.includes(proved));

const kinds: readonly (readonly [string, RefreshTokens | undefined])[] = [
  ['no refresh tokens', undefined],
  ['refresh tokens', { lifetime }],
  ['refresh tokens that end with the session', { lifetime, endWithSession: true }],
];

/** Changes of limits, of which the search says something else than the evaluator. */
function compared(apps: Apps, isMeant: (before: Limits, after: Limits) => boolean) {
  const space = ruleSpace([{}], universe());
  const configurations = limits.map((given) => ({
    given,
    policies: policiesWith(given, apps),
    others: allowedIn(given, apps, false),
    kept: allowedIn(given, apps, true),
  }));
  const counts = { weaker: 0, byTokens: 0, passed: 0 };
  const wrong: unknown[] = [];
  for (const before of configurations)
    for (const after of configurations.filter(({ given }) => isMeant(before.given, given))) {
      const { found, undecided } = newlyWeaker({ active: before.policies, next: after.policies }, space);
      // Where kept sessions count like others, it changes nothing that they are newly offered.
      const isKept = before.given.session.keep !== undefined || !after.given.app.unkept;
      const isWeaker = (isKept && isMore(before.kept, after.kept)) || isMore(before.others, after.others);
      if (isWeaker !== found.length > 0 || undecided.length > 0)
        wrong.push({ before: before.given, after: after.given, isWeaker, found: found[0]?.longer, undecided });
      counts[isWeaker ? 'weaker' : 'passed'] += 1;
      counts.byTokens += found.some(({ longer = [] }) => longer.some(({ what }) => what === 'refreshed')) ? 1 : 0;
    }
  return { wrong, ...counts };
}

test.each(kinds)('%s: a change is weaker exactly if a proof counts that did not', (_, refreshTokens) => {
  const { wrong, weaker, passed, byTokens } = compared({ ...(refreshTokens && { refreshTokens }) }, () => true);
  expect(wrong).toEqual([]);
  const isByTokens = refreshTokens !== undefined && !refreshTokens.endWithSession;
  expect([weaker > 300, passed > 300, byTokens > 50]).toEqual([true, true, isByTokens]);
});

test.each(kinds)('%s: so it is where the rule of the app asks for young proofs', (_, refreshTokens) => {
  const ofApp = (before: Limits, after: Limits) => before.session === after.session;
  for (const maxAge of [1, 2, 4]) {
    const apps = { maxAge: maxAge * unit, ...(refreshTokens && { refreshTokens }) };
    const { wrong, weaker, passed } = compared(apps, ofApp);
    expect({ maxAge, wrong }).toEqual({ maxAge, wrong: [] });
    expect([passed > 0, weaker > 0 || maxAge === 1]).toEqual([true, true]);
  }
});
