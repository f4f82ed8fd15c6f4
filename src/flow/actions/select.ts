/** Which ways on a page shows, and which of them somebody picks. */
import type { Facts } from '../../core/model/facts.ts';
import { offersToKeep, secretBesideIdentifier } from '../../core/queries/identifier-page-secret.ts';
import type { StepView } from '../../core/step/next-step.ts';
import { waysOn } from '../../core/step/options.ts';
import { picked, selecting } from '../../core/step/transaction.ts';
import { credentialsOf, type Judged, type Loop } from '../transaction/open-transaction.ts';
import { namesOf } from './authenticator-names.ts';
import { mayEndOthers } from './enroll.ts';

/** Something is proved, in this transaction or in the session that this browser has of the same person. */
export function hasProved({ subject, evidence }: Facts): boolean {
  return evidence.some((one) => one.subject === subject?.id);
}

/**
 * Before anything is proved, a page tells neither how many authenticators of a kind somebody has nor what they are called: that would say
 * who exists, and more. Afterwards two of a kind are told apart by their names, unless one challenge serves both.
 */
export async function viewOf(loop: Loop, { facts, decision }: Judged): Promise<StepView> {
  const { runtime, snapshot, app, transaction } = loop;
  const policies = await snapshot.policies(app);
  const isIdentify = decision.kind === 'identify';
  const beside = isIdentify ? secretBesideIdentifier(policies, facts) : undefined;
  const isProved = hasProved(facts);
  const isOneWay = (key: string) => !isProved || runtime.authenticators.get(key)?.together === true;
  const enrollments = facts.subject?.enrollments ?? [];
  const isNamed = (key: string) =>
    isProved && (!isOneWay(key) || enrollments.filter(({ authenticator }) => authenticator === key).length === 1);
  const named = enrollments.filter(({ authenticator }) => isNamed(authenticator));
  const credentials = await credentialsOf(loop);
  const names = namesOf(runtime, credentials);
  const labels = new Map(named.map(({ id }) => [id, names.get(id)]));
  const typed = credentials.filter((credential) =>
    runtime.authenticators.get(credential.authenticator)?.names?.(credential, transaction.subject?.identifier ?? ''),
  );
  const { lastUsed } = facts.device;
  return {
    ...(beside === undefined ? {} : { beside }),
    canKeep: isIdentify && offersToKeep(policies, facts),
    labels: (id) => labels.get(id),
    isOneWay,
    typed: typed.map(({ id }) => id),
    ...(lastUsed ? { lastUsed } : {}),
    endsOthers: (key) => mayEndOthers(loop, policies, facts, key),
  };
}

/** Somebody asks for the list of ways on, or picks one of it: `id` is `<authenticator>` or `<authenticator>:<enrollment>`. */
export async function select(loop: Loop, judged: Judged, id: string | undefined): Promise<Loop> {
  if (!id) return { ...loop, transaction: selecting(loop.transaction) };
  return (await pick(loop, judged, id)) ?? loop;
}

/** `undefined`: the page has no such way, so nothing is picked. */
export async function pick(loop: Loop, judged: Judged, id: string): Promise<Loop | undefined> {
  const [authenticator = '', enrollment] = id.split(':', 2);
  const ways = waysOn(judged.decision, await viewOf(loop, judged));
  const isThere = ways.some(
    (way) => way.authenticator === authenticator && (enrollment === undefined || way.enrollment === enrollment),
  );
  if (!isThere) return undefined;
  const purpose = judged.decision.kind === 'enroll' ? 'enroll' : 'challenge';
  const choice = { purpose, authenticator, ...(enrollment === undefined ? {} : { enrollment }) } as const;
  return { ...loop, transaction: picked(loop.transaction, choice) };
}
