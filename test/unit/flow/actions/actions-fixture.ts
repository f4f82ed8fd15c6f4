/** What the tests of several actions share. */

import type { Authenticator } from '../../../../src/authenticators/authenticator.ts';
import type { RequestFacts } from '../../../../src/core/model/facts.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import type { StepShown } from '../../../../src/flow/sign-in-result.ts';
import { formHandle } from '../../../../src/flow/transaction/form-handle.ts';
import { attemptCounter } from '../../../../src/stores/keys.ts';
import {
  allow,
  asStep,
  createWorld,
  credential,
  factors,
  fakeAuthenticator,
  password,
  type World,
  type WorldOptions,
} from '../sign-in-fixture.ts';

export const proof = { factors: ['possession'], characteristics: ['userPresence'], amr: ['x'] } as const;
export const twoFactors = { app: allow(factors(2)) };

/** Rules of which the first is only for the group `strict`, which a user may leave during a sign-in. */
export function strictly(strict: Rule['then'], others: Rule['then']): readonly Rule[] {
  return [
    { name: 'strict', when: { groups: { any: ['strict'] } }, then: strict },
    { name: 'others', when: {}, then: others },
  ];
}

export async function worldOfAnn(options: WorldOptions = twoFactors): Promise<World> {
  const world = createWorld(options);
  await world.addUser('ann', [credential('password', 'secret'), credential('totp', '123')]);
  return world;
}

/** How many attempts are left; the question costs none. */
export async function attemptsLeft(world: World, owner: string, name: string): Promise<number> {
  const counter = owner.startsWith('user-') ? attemptCounter(owner, name) : `${owner}:${name}`;
  const { remaining, granted } = await world.store.reserve(counter, [{ limit: 3, window: 60 }]);
  return granted ? remaining + 1 : 0;
}

/** A form of another step than the page shows, as from a page that was made before the rules changed. */
export function otherForm(
  world: World,
  { version }: Pick<StepShown, 'version'>,
  { step, authenticator = '' }: { readonly step: string; readonly authenticator?: string },
) {
  return { handle: formHandle(world.secrets.all[0] as string, { transaction: 'tx', step, authenticator, version }) };
}

/** Signs ann in by her password, whatever comes then. */
export async function byPassword(world: World, request: Partial<RequestFacts> = {}): Promise<StepShown> {
  const first = await world.beginSignIn(request);
  return asStep(await world.send(first, { identifier: 'ann', 'credentials.passcode': 'secret' }));
}

export async function atEnroll(
  more: Partial<Authenticator> = {},
  options: WorldOptions = {},
  credentials = [credential('password', 'secret')],
) {
  const app = fakeAuthenticator({ key: 'totp', enrollable: true }, more);
  const world = createWorld({
    authenticators: [password, app],
    enrollment: { required: [{ anyOf: ['totp'] }] },
    ...options,
  });
  await world.addUser('ann', credentials, { profile: { email: 'ann@example.org', emailVerified: true } });
  const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
  world.events();
  return { world, page };
}

/** A password that users may replace, under the password policy. */
export const recoverablePassword = fakeAuthenticator({
  key: 'password',
  factors: ['knowledge'],
  askedWithIdentifier: true,
  underPasswordPolicy: true,
  enrollable: true,
  maxEnrollments: 1,
  decoys: { share: 1 },
});

/** A forgotten password is replaced after a proof by mail. */
export const recoveryByMail = compilePolicy({
  name: 'recovery',
  rules: [
    { name: 'mail', when: {}, then: allow({ anyOf: [{ factors: 1, demands: [{ authenticators: ['email'] }] }] }) },
  ],
});
