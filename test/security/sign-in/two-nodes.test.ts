/** One sign-in over two nodes, and every one-time value presented on both at once: exactly one wins. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appFile } from '../../support/clients/authorize.ts';
import { claimsOf, redeemCode, refresh, type TokenAnswer } from '../../support/clients/raw-client.ts';
import { redirectUri, signIn, type TestUser } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  identify,
  passcode,
  type SignIn,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startTwoNodes, type TwoNodes } from '../../support/servers/two-nodes.ts';

let two: TwoNodes;
beforeAll(async () => {
  two = await startTwoNodes({ files: appFile('strict', { refreshTokenGrace: 'PT0S' }) });
});
afterAll(() => two.stop());

const rounds = Array.from({ length: 4 }, (_, round) => round + 1);

/** The origin of one node or the other, in turn. */
const originOf = (index: number): string => two.nodes[index % 2]?.origin ?? '';

/** Lets all start at the same time. */
async function atOnce<T>(count: number, act: (index: number) => Promise<T>): Promise<T[]> {
  const start = Promise.withResolvers<void>();
  const all = Array.from({ length: count }, async (_, index) => {
    await start.promise;
    return act(index);
  });
  start.resolve();
  return Promise.all(all);
}

/** The same browser on one node or the other. */
function on(agent: UserAgent, index: number): UserAgent {
  return agent.via({ [two.issuer]: originOf(index) });
}

async function userinfo(token: string | undefined, index = 0): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${originOf(index)}/oauth2/v1/userinfo`, { headers });
  await answer.arrayBuffer();
  return answer.status;
}

const won = (answers: readonly TokenAnswer[]): TokenAnswer[] => answers.filter(({ tokens }) => tokens !== undefined);

async function codeFor(user: TestUser, app = 'notes'): Promise<{ readonly signIn: SignIn; readonly page: Page }> {
  const begun = await beginSignIn(two, app);
  return { signIn: begun, page: await identify(begun.agent, begun.page, user) };
}

test('a sign-in hops between the nodes at every request', async () => {
  const user: TestUser & { id: string } = await userWithPassword(two.nodes[0]);
  for (const asked of [
    ['identify', 'enroll:totp'],
    ['identify', 'challenge:totp'],
  ]) {
    const { agent, page, request } = await beginSignIn(two, 'payroll', two.hoppingAgent());
    const done = await signIn(agent, page, user);
    expect([done.asked, currentStep(done.page)]).toEqual([asked, 'code']);
    const { tokens } = await redeemCode(originOf(1), request, done.page.url);
    expect(claimsOf(tokens?.id_token)).toMatchObject({ sub: user.id, amr: ['mfa', 'otp', 'pwd'] });
    expect(await userinfo(tokens?.access_token)).toBe(200);
  }
});

describe.each(rounds)('round %i', () => {
  test('20 redemptions of one code: one wins, and its tokens are revoked', async () => {
    const { signIn: begun, page } = await codeFor(await userWithPassword(two.nodes[0]));
    const answers = await atOnce(20, (index) => redeemCode(originOf(index), begun.request, page.url));
    const winners = won(answers);
    expect(winners).toHaveLength(1);
    expect(new Set(answers.filter(({ tokens: issued }) => !issued).map(({ error }) => error))).toEqual(
      new Set(['invalid_grant']),
    );
    const { tokens } = winners[0] as TokenAnswer;
    expect(await userinfo(tokens?.access_token, 0)).toBe(401);
    expect(await userinfo(tokens?.access_token, 1)).toBe(401);
    expect((await refresh(originOf(1), 'notes', tokens?.refresh_token ?? '')).error).toBe('invalid_grant');
  });

  /** What 20 presentations of one refresh token at once are answered with. */
  async function refresh20(app: string) {
    const { signIn: begun, page } = await codeFor(await userWithPassword(two.nodes[0]), app);
    const { tokens: first } = await redeemCode(originOf(0), begun.request, page.url);
    const answers = await atOnce(20, (index) => refresh(originOf(index), app, first?.refresh_token ?? ''));
    return { first, answers, winners: won(answers) };
  }

  test('20 uses of one refresh token without a grace: one wins, and the family is revoked', async () => {
    const { first, answers, winners } = await refresh20('strict');
    expect(winners).toHaveLength(1);
    expect(new Set(answers.filter(({ tokens: issued }) => !issued).map(({ error }) => error))).toEqual(
      new Set(['invalid_grant']),
    );
    const { tokens } = winners[0] as TokenAnswer;
    for (const token of [first, tokens]) {
      expect(await userinfo(token?.access_token)).toBe(401);
      expect((await refresh(originOf(0), 'strict', token?.refresh_token ?? '')).error).toBe('invalid_grant');
    }
  });

  test('20 uses of one refresh token within the grace: all get the one successor, and it counts', async () => {
    const { first, winners } = await refresh20('notes');
    expect(winners).toHaveLength(20);
    const successors = new Set(winners.map(({ tokens }) => tokens?.refresh_token));
    expect(successors.size).toBe(1);
    expect(new Set(winners.map(({ tokens }) => tokens?.access_token)).size).toBe(20);
    for (const [index, { tokens }] of winners.entries()) expect(await userinfo(tokens?.access_token, index)).toBe(200);
    const [successor = ''] = [...successors] as string[];
    const next = await refresh(originOf(1), 'notes', successor);
    expect(next.tokens?.refresh_token).not.toBe(successor);
    // Two steps back: neither the newest token nor the one before.
    expect((await refresh(originOf(0), 'notes', first?.refresh_token ?? '')).error).toBe('invalid_grant');
    expect((await refresh(originOf(1), 'notes', next.tokens?.refresh_token ?? '')).error).toBe('invalid_grant');
    expect(await userinfo(next.tokens?.access_token)).toBe(401);
  });

  test('one TOTP code in two sign-ins at once: one of them continues', async () => {
    const user = await userWithTotp(two.nodes[0]);
    const sides = await Promise.all(
      [0, 1].map(async () => {
        const { agent, page } = await beginSignIn(two, 'payroll');
        return { agent, page: await identify(agent, page, user) };
      }),
    );
    const code = await passcode(user);
    const ends = await atOnce(2, (index) => {
      const { agent, page } = sides[index] as (typeof sides)[number];
      return answerStep(on(agent, index), page, code);
    });
    expect(ends.map(currentStep).sort()).toEqual(['challenge:totp', 'code']);
    for (const { agent, page } of sides) expect(currentStep(await answerStep(agent, page, code))).not.toBe('code');
  });

  test('20 times one right TOTP code on one form: one step, one code', async () => {
    const user = await userWithTotp(two.nodes[0]);
    const { agent, page } = await beginSignIn(two, 'payroll');
    const atTotp = await identify(agent, page, user);
    const code = await passcode(user);
    const ends = await atOnce(20, (index) => answerStep(on(agent, index), atTotp, code));
    expect(ends.map(currentStep).filter((where) => where === 'code')).toHaveLength(1);
    const verified = two
      .audit()
      .filter(({ event, subject }) => event === 'authenticator.verified' && subject === user.id);
    expect(verified.map(({ authenticator }) => authenticator).sort()).toEqual(['password', 'totp']);
  });

  test('20 times the right password on one form: one step', async () => {
    const user = await userWithTotp(two.nodes[0]);
    const { agent, page } = await beginSignIn(two, 'payroll');
    await atOnce(20, (index) => identify(on(agent, index), page, user));
    const verified = two
      .audit()
      .filter(({ event, subject }) => event === 'authenticator.verified' && subject === user.id);
    expect(verified).toHaveLength(1);
    expect(currentStep(await agent.open(page.url))).toBe('challenge:totp');
  });

  test('one sign-in resumed ten times: one code', async () => {
    const user = await userWithPassword(two.nodes[0]);
    const { agent, page, uid } = await beginSignIn(two, 'notes');
    const form = mainForm(page);
    const body = new URLSearchParams({
      ...form?.fields,
      identifier: user.identifier,
      'credentials.passcode': user.password,
    });
    const answered = await agent.send(page.url, { method: 'POST', body });
    const resume = new URL(answered.headers.get('location') ?? '', two.issuer).href;
    expect(resume).toBe(`${two.issuer}/oauth2/v1/authorize/${uid}`);
    const answers = await atOnce(10, (index) => on(agent, index).send(resume));
    const codes = answers
      .flatMap(({ headers }) => headers.get('location') ?? [])
      .filter((to) => to.startsWith(redirectUri));
    expect(codes).toHaveLength(1);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  });
});

test('a browser without cookies of its own cannot resume', async () => {
  const user = await userWithPassword(two.nodes[0]);
  const { agent, page } = await beginSignIn(two, 'notes');
  const body = new URLSearchParams({
    ...mainForm(page)?.fields,
    identifier: user.identifier,
    'credentials.passcode': user.password,
  });
  const answered = await agent.send(page.url, { method: 'POST', body });
  const resume = new URL(answered.headers.get('location') ?? '', two.issuer).href;
  const stranger = await beginSignIn(two, 'notes');
  for (const thief of [new UserAgent(), stranger.agent]) {
    const stolen = await thief.open(resume, {}, redirectUri);
    expect(currentStep(stolen)).not.toBe('code');
    expect(stolen.status).toBeGreaterThanOrEqual(400);
  }
  expect(currentStep(await agent.open(resume, {}, redirectUri))).toBe('code');
});

test('nothing went wrong inside', () => {
  const errors = two.nodes.flatMap((node) => node.errors);
  expect(errors.filter((error) => ((error as { status?: number }).status ?? 500) >= 500)).toEqual([]);
});
