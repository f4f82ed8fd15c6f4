/** How long what was proved counts, before a change and after it. */
import { expect, test } from '@jest/globals';
import { type LongerLimit, longerLimits } from '../../../../src/core/analysis/comparison/longer-limits.ts';
import type { AllowTerms, AppSession, SessionTerms } from '../../../../src/core/model/policy.ts';
import { factors } from '../../support/fixtures.ts';

type Limits = Pick<AllowTerms, 'appSession' | 'remember'> & { readonly session?: SessionTerms };

const plain: SessionTerms = { idle: 10, absolute: 100 };
const kept: SessionTerms = { ...plain, keep: { idle: 20, absolute: 200 } };

/** Refresh tokens, and the longest session if they end with it. */
const refresh = (lifetime: number, longest = Number.POSITIVE_INFINITY) => ({ lifetime, session: longest });

const termsOf = ({ session, ...app }: Limits) => {
  const asks = { kind: 'allow', requirement: factors(1) } as const;
  return { session: { ...asks, ...(session && { session }) }, app: { ...asks, ...app } };
};

test.each<[string, Limits, Limits, readonly LongerLimit[]]>([
  ['the same', { session: kept, remember: 60 }, { session: kept, remember: 60 }, []],
  [
    'a longer pause',
    { session: plain },
    { session: { idle: 11, absolute: 100 } },
    [{ what: 'idle', before: 10, now: 11 }],
  ],
  ['a shorter pause', { session: plain }, { session: { idle: 9, absolute: 100 } }, []],
  [
    'a longer session',
    { session: plain },
    { session: { idle: 10, absolute: 101 } },
    [{ what: 'absolute', before: 100, now: 101 }],
  ],
  [
    'no limits any more',
    { session: plain },
    {},
    [
      { what: 'absolute', before: 100 },
      { what: 'idle', before: 10 },
    ],
  ],
  ['limits where there were none', {}, { session: plain }, []],
  [
    'sessions that may be kept, and could not be',
    { session: plain },
    { session: kept },
    [
      { what: 'kept', now: 200 },
      { what: 'kept_idle', now: 20 },
    ],
  ],
  ['sessions that may no longer be kept', { session: kept }, { session: plain }, []],
  [
    'sessions that are kept, and whose pause becomes the longer one of others',
    { session: { ...plain, keep: { idle: 5, absolute: 200 } } },
    { session: plain },
    [{ what: 'kept_idle', before: 5, now: 10 }],
  ],
  [
    'the same at an app where they count like others',
    { session: { ...plain, keep: { idle: 5, absolute: 200 } }, appSession: { unkept: true } },
    { session: plain, appSession: { unkept: true } },
    [{ what: 'kept_idle', before: 5, now: 10 }],
  ],
  [
    'sessions that are kept, and end without a pause like others from now on',
    { session: { ...plain, keep: { idle: 10, absolute: 200 } } },
    { session: plain },
    [],
  ],
  [
    'kept sessions that last longer',
    { session: kept },
    { session: { ...plain, keep: { idle: 21, absolute: 201 } } },
    [
      { what: 'kept', before: 200, now: 201 },
      { what: 'kept_idle', before: 20, now: 21 },
    ],
  ],
  [
    'a longer time at the app',
    { appSession: { absolute: 50 } },
    { appSession: { absolute: 51 } },
    [{ what: 'at_app', before: 50, now: 51 }],
  ],
  ['no limit at the app any more', { appSession: { absolute: 50 } }, {}, [{ what: 'at_app', before: 50 }]],
  ['a limit at the app', {}, { appSession: { absolute: 50 } }, []],
  [
    'kept sessions that count at the app',
    { session: kept, appSession: { unkept: true } },
    { session: kept },
    [{ what: 'kept_at_app' }],
  ],
  [
    'kept sessions that count at the app for as long as others',
    { session: kept, appSession: { unkept: true } },
    { session: { ...kept, keep: { idle: 10, absolute: 200 } }, appSession: { absolute: 100 } },
    [],
  ],
  [
    'kept sessions that count at the app after longer pauses',
    { session: kept, appSession: { unkept: true } },
    { session: kept, appSession: { absolute: 100 } },
    [{ what: 'kept_at_app' }],
  ],
  [
    'sessions that may be kept, and count at the app like others',
    { session: plain, appSession: { unkept: true } },
    { session: kept, appSession: { unkept: true } },
    [],
  ],
  [
    'a session that the app ends before',
    { session: plain, appSession: { absolute: 50 } },
    { session: { ...plain, absolute: 101 }, appSession: { absolute: 50 } },
    [],
  ],
  [
    'a session that the app ends in between',
    { session: plain, appSession: { absolute: 150 } },
    { session: { ...plain, absolute: 200 }, appSession: { absolute: 150 } },
    [{ what: 'absolute', before: 100, now: 200 }],
  ],
  [
    'a time at the app that no session reaches',
    { session: plain, appSession: { absolute: 101 } },
    { session: plain, appSession: { absolute: 102 } },
    [],
  ],
  [
    'a time at the app that kept sessions reach',
    { session: kept, appSession: { absolute: 101 } },
    { session: kept, appSession: { absolute: 102 } },
    [{ what: 'at_app', before: 101, now: 102 }],
  ],
  [
    'a pause of kept sessions that count at no app',
    { session: kept, appSession: { unkept: true } },
    { session: { ...plain, keep: { idle: 21, absolute: 200 } }, appSession: { unkept: true } },
    [],
  ],
  ['kept sessions that no longer count there', {}, { appSession: { unkept: true } }, []],
  ['browsers that remember', {}, { remember: 60 }, [{ what: 'remembered', now: 60 }]],
  ['browsers that remember longer', { remember: 60 }, { remember: 61 }, [{ what: 'remembered', before: 60, now: 61 }]],
  ['browsers that no longer remember', { remember: 60 }, {}, []],
  [
    'an end to sessions without a pause',
    { session: { idle: 0, absolute: 0 } },
    { session: { idle: 1, absolute: 0 } },
    [{ what: 'idle', now: 1 }],
  ],
])('%s', (_, before, now, expected) => {
  expect(longerLimits(termsOf(before), termsOf(now))).toEqual(expected);
});

type Refresh = ReturnType<typeof refresh>;

test.each<[string, Limits, Limits, Refresh | undefined, readonly LongerLimit[]]>([
  ['no refresh tokens', { appSession: { absolute: 100 } }, {}, undefined, []],
  ['no limit any more', { appSession: { absolute: 100 } }, {}, refresh(900), [{ what: 'refreshed', before: 100 }]],
  [
    'a longer limit',
    { appSession: { absolute: 100 } },
    { appSession: { absolute: 101 } },
    refresh(900),
    [{ what: 'refreshed', before: 100, now: 101 }],
  ],
  ['a limit that they do not reach', { appSession: { absolute: 1000 } }, {}, refresh(900), []],
  [
    'a limit that the last of them reaches',
    { appSession: { absolute: 999 } },
    {},
    refresh(900),
    [{ what: 'refreshed', before: 999 }],
  ],
  ['a shorter limit', {}, { appSession: { absolute: 100 } }, refresh(900), []],
  [
    'kept sessions that count, of which there are none',
    { appSession: { unkept: true } },
    {},
    refresh(900),
    [{ what: 'refreshed', before: 100 }],
  ],
  [
    'a limit in place of sessions that are not kept',
    { appSession: { unkept: true } },
    { appSession: { absolute: 100 } },
    refresh(900),
    [],
  ],
  [
    'a limit that is no longer than sessions that are not kept',
    { appSession: { unkept: true, absolute: 150 } },
    { appSession: { unkept: true } },
    refresh(900),
    [],
  ],
  [
    'a limit that counts in sessions, too',
    { appSession: { absolute: 50 } },
    {},
    refresh(900),
    [{ what: 'at_app', before: 50 }],
  ],
  ['tokens that end with the only session', { appSession: { absolute: 100 } }, {}, refresh(900, 100), []],
  [
    'tokens that end with a session that another rule lets last longer',
    { appSession: { absolute: 100 } },
    {},
    refresh(900, 300),
    [{ what: 'refreshed', before: 100 }],
  ],
])('refresh tokens: %s', (_, before, now, tokens, expected) => {
  const inSession = (limits: Limits) => termsOf({ session: plain, ...limits });
  expect(longerLimits(inSession(before), inSession(now), tokens)).toEqual(expected);
});

/** One case for each member: one that is left out does not compile. */
type Longer<Terms> = { readonly [Name in keyof Terms]-?: readonly [before: Terms, now: Terms] };

const sessions: Longer<SessionTerms> = {
  idle: [plain, { ...plain, idle: 11 }],
  absolute: [plain, { ...plain, absolute: 101 }],
  keep: [plain, kept],
};

const appSessions: Longer<AppSession> = {
  absolute: [{ absolute: 60 }, { absolute: 61 }],
  unkept: [{ unkept: true }, {}],
};

test('each term of a session counts', () => {
  const ofSessions = Object.values(sessions).map(([before, now]) => [{ session: before }, { session: now }] as const);
  const atApps = Object.values(appSessions).map(
    ([before, now]) =>
      [
        { session: kept, appSession: before },
        { session: kept, appSession: now },
      ] as const,
  );
  const told = (from: Limits, to: Limits) => longerLimits(termsOf(from), termsOf(to)).length > 0;
  for (const [before, now] of [...ofSessions, ...atApps]) {
    expect([told(before, now), told(now, before), told(now, now)]).toEqual([true, false, false]);
  }
});
