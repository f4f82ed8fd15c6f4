/** `config apply --no-weaker` and how long refresh tokens count at an app. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { validFiles } from '../../../policy/support/configuration-dir.ts';
import { openTerminal, type Terminal } from '../../support/harness.ts';
import { type ReplayedChange, replayedChange } from '../support/replayed-change.ts';

let terminal: Terminal;
beforeEach(() => {
  terminal = openTerminal();
});
afterEach(() => terminal.store.close());

type Files = Readonly<Record<string, string>>;

const app = (more: string): Files => ({ 'apps/notes.yaml': `${validFiles['apps/notes.yaml']}${more}` });
const refreshing = app('  grant_types: [authorization_code, refresh_token]\n');
const endingWithSession = app('  grant_types: [authorization_code, refresh_token]\n  scope: openid profile\n');
const rule = (then: object, when?: object, name = 'R') => ({ name, ...(when && { when }), then });
const signOn = (...rules: readonly object[]): Files => ({
  'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules }),
});
const limited = (session?: object): Files => signOn(rule({ allow: { factors: 1 }, ...(session && { session }) }));
const sessionRule = (absolute: string, when?: object) =>
  rule({ allow: { primary: 'any', secondFactor: 'never', idle: 'PT2H', absolute } }, when, absolute);
const sessions = (...rules: readonly object[]): Files => ({ 'policies/session.yaml': JSON.stringify({ rules }) });
const tokens = (lifetime: string): Files => ({
  'stepgate.yaml': `${validFiles['stepgate.yaml']}tokens: { refreshToken: { absolute: ${lifetime} } }\n`,
});

const changed = (active: Files, next: Files): Promise<ReplayedChange> =>
  replayedChange(terminal, [{ ...validFiles, ...active }], { ...validFiles, ...next });

const quiet = { claims: [], undecided: [] };
const day = { absolute: 'P1D' };
const [notLimited, toMonth] = ['not limited', '30 d'].map(
  (now) => `refresh tokens count longer at this app: ${now}, and 1 d before`,
);

/** What is said of each change at an app with refresh tokens. */
const lengths: readonly (readonly [string, Files, Files, string | undefined])[] = [
  ['left out', limited(day), limited(), notLimited],
  ['longer', limited(day), limited({ absolute: 'P30D' }), toMonth],
  ['of sessions that are not kept, left out', limited({ keepSignedIn: false }), limited(), notLimited],
  ['left out, with shorter sessions', limited(day), { ...limited(), ...sessions(sessionRule('PT8H')) }, notLimited],
  ['shorter', limited({ absolute: 'P30D' }), limited(day), undefined],
  ['longer than any refresh token', limited({ absolute: 'P91D' }), limited(), undefined],
  ['of sessions that are not kept, beside it', limited({ ...day, keepSignedIn: false }), limited(day), undefined],
  ['that shorter tokens make needless', limited({ absolute: 'P30D' }), { ...limited(), ...tokens('P7D') }, undefined],
];

describe('the session length of a rule is', () => {
  test.each(lengths)('%s, at an app with refresh tokens', async (_, active, next, words) => {
    const { claims, undecided } = await changed({ ...refreshing, ...active }, { ...refreshing, ...next });
    expect(undecided).toEqual([]);
    const [before, after] = [{ outcome: 'challenge' }, { outcome: 'challenge', end: 'complete' }];
    const example = expect.stringContaining('offline_access');
    expect(claims).toMatchObject(words === undefined ? [] : [{ words, example, before, after }]);
  });

  test.each(lengths)('%s, at an app without them: that passes', async (_, active, next) => {
    expect(await changed(active, next)).toEqual(quiet);
  });

  test.each(lengths)(
    '%s, at an app whose refresh tokens end with the session: that passes',
    async (_, active, next) => {
      expect(await changed({ ...endingWithSession, ...active }, { ...endingWithSession, ...next })).toEqual(quiet);
    },
  );

  test('left out, where another session rule lets sessions last longer, with which refresh tokens end', async () => {
    const office = sessionRule('P7D', { network: { any: ['office'] } });
    const both: Files = { ...endingWithSession, ...sessions(office, sessionRule('P1D')) };
    const leftOut = { ...both, ...limited() };
    expect(await changed({ ...both, ...limited({ absolute: 'P7D' }) }, leftOut)).toEqual(quiet);
    const { claims } = await changed({ ...both, ...limited({ absolute: 'P2D' }) }, leftOut);
    const words = 'counts longer at this app: not limited, and 2 d before';
    expect(claims.map((claim) => claim.words)).toEqual([
      `password (proved 7 d ago) is enough, and was not; what was proved ${words}`,
      `refresh tokens ${words.replace('counts', 'count')}`,
    ]);
  });

  test('left out of a rule for requests that do not ask for lasting refresh tokens: that passes', async () => {
    const offline = rule({ allow: { factors: 1 }, session: day }, { scopes: { any: ['offline_access'] } }, 'Offline');
    const rules = (given?: object) => ({
      ...refreshing,
      ...signOn(offline, rule({ allow: { factors: 1 }, ...(given && { session: given }) })),
    });
    expect(await changed(rules(day), rules())).toEqual(quiet);
  });
});

describe('refresh tokens', () => {
  test('that an app newly may have are refused as undecided', async () => {
    const { claims, undecided } = await changed(limited(day), { ...limited(day), ...refreshing });
    expect(claims.map(({ words }) => words)).toEqual(['tokens carry offline_access, and did not']);
    expect(undecided).toEqual([
      'apps/notes.yaml lets the app have refresh tokens, and did not: `client.grant_types` [authorization_code, refresh_token] (apps/notes.yaml:6:16)',
    ]);
  });

  test('that newly outlive the session are shown as a scope', async () => {
    const { claims, undecided } = await changed(
      { ...endingWithSession, ...limited(day) },
      { ...refreshing, ...limited(day) },
    );
    expect(undecided).toEqual([]);
    expect(claims.map(({ words }) => words)).toEqual([expect.stringContaining('offline_access')]);
  });

  test('do not outlive the session because an app without them may ask for any scope', async () => {
    const listed = app('  scope: openid profile email phone address groups\n');
    expect(await changed({ ...listed, ...limited(day) }, limited(day))).toEqual(quiet);
  });

  test('that an app may have no longer pass', async () => {
    expect(await changed({ ...refreshing, ...limited(day) }, limited())).toEqual(quiet);
  });
});
