/** Tells the person what happened to their account, at the address that is known to be theirs. */
import type { Verified } from '../authenticators/authenticator.ts';
import type { Account } from '../users/user.ts';
import type { Loop } from './loop.ts';
import { post } from './send.ts';

/** Seconds after which the news is too old to be sent. */
const lifetime = 86_400;

/** Sends nothing when no address of the person is verified. */
export async function tell(
  loop: Loop,
  { user }: Account,
  { template, params }: NonNullable<Verified['notify']>,
): Promise<void> {
  const { request, runtime, app, snapshot } = loop;
  const { email, emailVerified } = user.profile;
  if (email === undefined || emailVerified !== true) return;
  const about = { app: app.name, brand: snapshot.settings.brand.name, ip: request.visitor.ip };
  const message = { channel: 'email', to: email, template, params: { ...about, ...params } } as const;
  await post(loop, [{ ...message, expires: runtime.now() + lifetime }]);
}
