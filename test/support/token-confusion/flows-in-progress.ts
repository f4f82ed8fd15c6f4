/**
 * One user, their browsers and one app, in the middle of everything at once: each step of a sign-in, each enrollment,
 * each page of the account, each grant of the protocol. Every value that was handed out is valid and unused.
 */

import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import { attemptCounter } from '../../../src/stores/keys.ts';
import type { Store } from '../../../src/stores/store.ts';
import { resetCounters } from '../../../src/users/record/account.ts';
import { startNotifiedParty } from '../clients/notified-party.ts';
import type { Authorization } from '../clients/raw-client.ts';
import type { SignIn } from '../clients/sign-in-flow.ts';
import { codeIn, mailTo } from '../messages/mail.ts';
import { UserAgent } from '../pages/user-agent.ts';
import { startNode, type TestNode } from '../servers/node.ts';
import { type CapabilityName, capabilities, type Holder, holder } from '../users/enrolled-users.ts';
import { filesFor, parPrefix, resource } from './apps.ts';
import type { BrowserAtPage, Fields, RefusedPages } from './browser-at-page.ts';
import {
  addAddresses,
  enrolledTotp,
  finish,
  forDevice,
  logoutToken,
  mailOf,
  openOffers,
  passcodeOf,
  pushed,
  reach,
  remembered,
  silently,
  startDevice,
  texted,
  tokensFor,
  totpCodes,
  withKey,
  yesToRemove,
} from './user-paths.ts';

export interface FlowsInProgress {
  readonly node: TestNode;
  readonly who: Holder;
  /** A key that counts, and a code of it. */
  readonly totp: { readonly key: string; readonly code: string };
  /** Has a session in which all was proved that the account can prove; it is remembered. */
  readonly home: UserAgent;
  /** Has sign-ins of the same user in progress, and no session. */
  readonly desk: UserAgent;
  /** Has another session of the user. */
  readonly elsewhere: UserAgent;
  /** Is asked whether to sign out. */
  readonly leaver: BrowserAtPage;
  /** Is asked for the code of a device. */
  readonly approver: UserAgent;
  /** By the step that is open. */
  readonly signIns: Readonly<Record<string, SignIn>>;
  /** By what is offered. */
  readonly offers: Readonly<Record<string, BrowserAtPage>>;
  /** Everything was proved; the browser has not followed the last redirect yet. */
  readonly finished: SignIn;
  /** Another one like that. */
  readonly resumable: SignIn;
  /** The same, for a device. */
  readonly approved: BrowserAtPage & { readonly uid: string };
  readonly mails: { readonly first: string; readonly second: string };
  /** What was sent to prove addresses and numbers, and the mails of the sign-ins. */
  readonly codes: Fields;
  readonly tokens: Fields;
  /** The code of the device that is approved when `approved` goes on, and what to type for another one. */
  readonly device: { readonly code: string; readonly user: string };
  /** What lives for a minute. */
  readonly brief: () => {
    readonly request: Authorization;
    readonly code: string;
    readonly requestUri: string;
    readonly pushed: string;
  };
  readonly refused: RefusedPages;
  /** Makes anew what is brief, and forgets the refused pages. */
  renew(): Promise<void>;
  /** As if all the time had passed in which tries and messages are counted. */
  forgetCounts(): Promise<void>;
  stop(): Promise<void>;
}

/** Each is one sign-in: the step that it has come to and, where there are several, what for. */
const openSteps = [
  'identify',
  'identify, password',
  'identify, passkey',
  'select',
  'select, handle',
  'challenge:password',
  'challenge:password, handle',
  'challenge:totp',
  'challenge:totp, later',
  'challenge:email',
  'challenge:email, link',
  'challenge:phone',
  'challenge:webauthn',
  'challenge:webauthn, key',
  'challenge:recovery_code',
  'challenge:recovery_code, later',
  'challenge:access_code',
  'challenge:access_code, later',
  'challenge:security_question',
] as const;

export async function openFlows(): Promise<FlowsInProgress> {
  const { node, who, party, now, forgetCounts, stop } = await startOffice();
  const home = await remembered(node, who);
  const totp = await enrolledTotp(node, home, now);
  const news = await addAddresses(node, home, forgetCounts);
  const elsewhere = await withKey(node, who, new UserAgent());
  const leaving = await withKey(node, who, new UserAgent());
  const logout = await logoutToken(node, who, party);
  const finished = await finish(await reach({ node, who, agent: new UserAgent() }, 'challenge:webauthn'), who);
  const resumable = await finish(await reach({ node, who, agent: new UserAgent() }, 'challenge:webauthn'), who);
  const ownDevice = await startDevice(node);
  const approved = await finish(await forDevice(node, who, ownDevice.user), who);
  const desk = new UserAgent();
  const signIns = await openSignIns({ node, who, agent: desk }, forgetCounts);
  const mails = {
    first: await mailOf(node, signIns['challenge:email'] as SignIn),
    second: await mailOf(node, signIns['challenge:email, link'] as SignIn),
  };
  const phone = await texted(node, 1);
  const offers = await openOffers(node, home, forgetCounts);
  const approver = new UserAgent();
  await approver.open(`${node.issuer}/device`);
  const tokens = { ...(await grants({ node, home, elsewhere })), logout };
  return {
    node,
    who,
    totp,
    home,
    desk,
    elsewhere,
    leaver: { agent: leaving, page: await leaving.open(`${node.issuer}/oauth2/v1/logout`) },
    approver,
    signIns,
    offers,
    finished,
    resumable,
    approved,
    mails,
    codes: {
      phone,
      news,
      offered: (await totpCodes(offers.totp.page.secret ?? '', now))[0],
      recovery: await passcodeOf(who, 'recovery code', desk),
      access: await passcodeOf(who, 'access code', desk),
      lost: await yesToRemove(node, home),
      'new address': codeIn(await mailTo(node, 'second@demo.test')),
      'new number': await texted(node, 2),
    },
    tokens,
    device: { code: ownDevice.code ?? '', user: (await startDevice(node)).user ?? '' },
    ...(await renewedParts(node, home)),
    forgetCounts,
    stop,
  };
}

/** The node, a user who has everything but an authenticator app, and the party that hears of sign-outs. */
async function startOffice() {
  const party = await startNotifiedParty();
  // The clock of the node stands still: a TOTP code is right to the end.
  const now = Math.floor(Date.now() / 1000);
  const store = openEmbedded({ file: ':memory:' });
  const userCodeTries = new Set<string>();
  const noting: Store = {
    ...store,
    reserve(counter, limits) {
      if (counter.startsWith('user-code-attempts')) userCodeTries.add(counter);
      return store.reserve(counter, limits);
    },
  };
  const files = filesFor(party);
  const node = await startNode({ store: noting, demo: true, users: false, now: () => now, files });
  const who = await holder(
    node,
    ...(Object.keys(capabilities) as CapabilityName[]).filter((capability) => capability !== 'totp'),
  );
  const keys = [...Object.values(capabilities).map(({ authenticator }) => authenticator), 'notification_address'];
  const others = [...keys.flatMap((key) => [`${key}.send`, `${key}.send.used`]), 'account.change'];
  const forgetCounts = async (): Promise<void> => {
    const resets = others.map((name) => ({ op: 'reset' as const, counter: attemptCounter(who.id, name) }));
    const userCodes = [...userCodeTries].map((counter) => ({ op: 'reset' as const, counter }));
    await node.store.commit([...resetCounters(who.id, keys), ...resets, ...userCodes]);
  };
  const stop = async (): Promise<void> => {
    await node.stop();
    await store.close();
    await party.stop();
  };
  return { node, who, party, now, forgetCounts, stop };
}

async function openSignIns(
  at: Parameters<typeof reach>[0],
  forgetCounts: () => Promise<void>,
): Promise<Readonly<Record<string, SignIn>>> {
  const signIns: Record<string, SignIn> = {};
  for (const where of openSteps) {
    signIns[where] = await reach(at, where.split(',')[0] ?? '');
    await forgetCounts();
  }
  return signIns;
}

async function grants({ node, home, elsewhere }: Pick<FlowsInProgress, 'node' | 'home' | 'elsewhere'>) {
  const own = await tokensFor(node, home);
  const other = await tokensFor(node, elsewhere);
  const forApi = await tokensFor(node, home, { resource, scope: 'openid read' });
  return {
    access: own.access_token,
    other: other.access_token,
    refresh: own.refresh_token ?? '',
    id: own.id_token ?? '',
    api: forApi.access_token,
  };
}

async function renewedParts(
  node: TestNode,
  home: UserAgent,
): Promise<Pick<FlowsInProgress, 'brief' | 'refused' | 'renew'>> {
  let brief = await grantBriefly(node, home);
  const refused: RefusedPages = new Map();
  return {
    brief: () => brief,
    refused,
    async renew() {
      refused.clear();
      brief = await grantBriefly(node, home);
    },
  };
}

/** What lives for a minute. */
async function grantBriefly(node: TestNode, home: UserAgent): Promise<ReturnType<FlowsInProgress['brief']>> {
  const requestUri = await pushed(node);
  return { ...(await silently(node, home)), requestUri, pushed: requestUri.slice(parPrefix.length) };
}
