/** What the demo adds to a node: users, and apps to sign in to. */
import { randomBytes } from 'node:crypto';
import type { ServerApp } from '../app.ts';
import { emailCredential } from '../authenticators/email/email.ts';
import { passwordCredential } from '../authenticators/password/credential.ts';
import { checkPassword, hashPassword, passwordBytes } from '../authenticators/password/hash.ts';
import { markDemo } from '../delivery/outbox.ts';
import { demoPasswordKey } from '../stores/keys.ts';
import type { Store } from '../stores/store.ts';
import { type DemoUser, demoUsers } from './demo-users.ts';
import { startDemoRelyingParty } from './relying-party.ts';

export interface DemoOptions {
  readonly password?: string;
  readonly print: (text: string) => void;
  readonly app: ServerApp;
  readonly store: Store;
  readonly issuer: string;
  /** The provider's port. The relying party uses the next one. */
  readonly port: number;
  readonly host: string;
}

/**
 * Creates missing users, sets the password of all, and starts the relying party. Returns the function that stops it.
 */
export async function prepareDemo(options: DemoOptions): Promise<() => Promise<void>> {
  await markDemo(options.store);
  const password = options.password ?? (await keptPassword(options.store));
  await Promise.all(demoUsers.map((user) => prepareUser(options.app, user, password)));
  const relyingParty = await startDemoRelyingParty({
    issuer: options.issuer,
    port: options.port + 1,
    host: options.host,
  });
  options.print(welcome(options.issuer, relyingParty.origin, password));
  return () => relyingParty.close();
}

async function keptPassword(store: Store): Promise<string> {
  const fresh = randomBytes(9).toString('base64url');
  const created = await store.commit([{ op: 'create', key: demoPasswordKey, value: fresh }]);
  if (created.ok) return fresh;
  return (await store.load([demoPasswordKey])).entries.get(demoPasswordKey)?.value ?? fresh;
}

/**
 * A correct password stays, because setting it again would end the demo's sessions. Users created by a version without
 * email get the authenticator now.
 */
async function prepareUser({ directory, hashing }: ServerApp, user: DemoUser, password: string): Promise<void> {
  const found = await directory.findByIdentifier(user.identifier);
  if (!found) {
    const credential = passwordCredential(await hashPassword(hashing, password));
    const profile = { displayName: user.displayName, email: user.identifier, emailVerified: true };
    await directory.create({
      identifiers: [user.identifier],
      profile,
      groups: user.groups,
      credentials: [credential, emailCredential(user.identifier)],
    });
    return;
  }
  if (!found.credentials.some(({ authenticator }) => authenticator === 'email'))
    await directory.replaceCredential(found.user.id, emailCredential(user.identifier));
  const stored = found.credentials.find(({ authenticator }) => authenticator === 'password')?.secret.hash;
  const bytes = passwordBytes(password);
  if (bytes && (await checkPassword(hashing, stored, bytes))) return;
  await directory.setPassword(found.user.id, passwordCredential(await hashPassword(hashing, password)));
}

function welcome(issuer: string, origin: string, password: string): string {
  return [
    '',
    'This is a demo of Stepgate. It runs on this machine only; do not put it on a network.',
    '',
    `  Try it:      ${origin}`,
    `  Inbox:       ${new URL('/demo/inbox', issuer)}`,
    `  Provider:    ${issuer}`,
    `  Users:       ${demoUsers.map(({ identifier }) => identifier).join(', ')}`,
    `  Password:    ${password}`,
    '',
  ].join('\n');
}
