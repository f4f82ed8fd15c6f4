/** The events of a sign-in in plain words. */

import { refusalCodes } from '../../authenticators/refusal-codes.ts';
import { methodName } from '../../core/model/authenticator-name.ts';
import { type DenyReason, denyReasons } from '../../core/model/decision.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { isRecovery, type TracedLayer } from '../../flow/audit-trace.ts';
import { printable } from '../../policy/model/printable.ts';
import type { AuditLine } from '../audit/audit-text.ts';
import { denialText, denyReasonText, mustBeReplacedText } from './denial-text.ts';
import { layerTitles } from './explain-text.ts';

/** The words for each event, shown next to its name. */
const sentences: Readonly<Record<string, (line: AuditLine) => string>> = {
  'authenticator.verified': ({ authenticator, method }) => `proved ${tracedProofName(authenticator, method)}`,
  'authenticator.refused': ({ authenticator, reason }) => `${authenticator} was refused: ${refusalText(reason)}`,
  'authenticator.throttled': ({ authenticator }) => `${authenticator} was not checked: too many attempts`,
  'authenticator.enrolled': ({ authenticator }) => `set up ${authenticator}`,
  'recovery.started': ({ authenticator }) => `began to recover ${authenticator ?? 'the password'}`,
  'recovery.completed': ({ authenticator }) => `set a new ${authenticator}`,
  'enrollment.skipped': ({ authenticator, reason }) => `skipped setting up ${authenticator} (${reason})`,
  'profile.completed': ({ attributes = [] }) => `filled in ${attributes.join(', ') || 'the profile'}`,
  'profile.skipped': ({ attributes = [] }) => `skipped ${attributes.join(', ') || 'the profile'}`,
  'user.registered': () => 'made the account',
  'message.queued': ({ channel, authenticator }) =>
    `a message was sent for ${authenticator}${channel === authenticator ? '' : ` (${channel})`}`,
  'message.withheld': ({ authenticator }) => `no message was sent for ${authenticator}: it would reach no account`,
  'message.limited': ({ authenticator, reason }) =>
    authenticator === undefined
      ? 'the user was not notified of a new browser: too many messages'
      : `no message was sent for ${authenticator}: too many (${reason})`,
  'message.undeliverable': ({ authenticator, reason }) => `no message was sent for ${authenticator}: ${reason}`,
  'message.failed': ({ reason }) => `a message could not be delivered: ${reason}`,
  'challenge_service.refused': ({ reason }) => `the challenge service refused the response: ${reason}`,
  'challenge_service.failed': ({ reason }) => `the challenge service could not be asked: ${reason}`,
  'consent.given': ({ scopes = [] }) => `granted ${scopes.join(', ') || 'nothing'}`,
  'consent.refused': () => 'refused what the app asked for',
  'sign_in.completed': ({ acr, amr = [], waived }) =>
    `signed in: ${[...(acr ? [`acr ${acr}`] : []), `amr ${amr.join(' ') || 'none'}`, ...(waived ? [`not asked for ${waived.join(', ')}, which the browser remembers`] : [])].join(', ')}`,
  'sign_in.asked': ({ trace, reported, reason }) =>
    `${refusedSilentlyText(reason)}${askingConditionsText(trace)}${reportedOfChangeText(reported)}`,
  'sign_in.new_browser': () => 'the user was notified of a new browser',
  'sign_in.denied': (line) => `denied: ${denialOfLineText(line)}`,
  'sign_in.cancelled': () => 'the user gave up',
  'account.deletion_cancelled': () => 'kept the account, which was to be deleted',
  'account.device_remembered': () => 'the browser remembers the second factor from now on',
  'token.refreshed': () => 'new tokens by the refresh token, the last time',
  'token.denied': ({ reason }) => `no tokens: ${reasonText(reason)}`,
  'token.refresh_denied': ({ reason }) => `no new tokens: ${reasonText(reason)}`,
};

/** `error`: what a request without a page was answered with. */
function refusedSilentlyText(error: string | undefined): string {
  return error === undefined ? '' : `the app asked for no page (prompt=none), and was told ${error}: `;
}

/** The account policy rules only over the changes of a step, so no later decision says what it would have decided. */
function reportedOfChangeText(reported = ''): string {
  const ofAccount = reported.split('; ').filter((part) => part.startsWith('account: '));
  return ofAccount.length === 0 ? '' : `; rules that only report: ${ofAccount.join('; ')}`;
}

/** The layers that the proofs did not meet. If all are met, further steps follow that prove nothing. */
function askingConditionsText(trace: AuditLine['trace']): string {
  const layers = trace?.layers ?? [];
  const named = (some: readonly TracedLayer[]) =>
    some
      .map((layer) =>
        [tracedLayerTitle(layer, layers), ...(layer.rule === undefined ? [] : [`"${layer.rule}"`])].join(', '),
      )
      .join('; ');
  const asking = layers.filter(({ met, outcome }) => met === false || outcome === 'deny');
  const replaced = trace?.passwordToReplace && mustBeReplacedText(trace.passwordToReplace);
  const more = asking.length > 0 ? `more was asked for by ${named(asking)}` : undefined;
  if (replaced !== undefined || more !== undefined) return [replaced, more].filter((text) => text).join(', and ');
  return isRecovery(layers) ? `may set a new password, by ${named(layers)}` : 'everything asked for was proved';
}

/** For example `the answer is wrong (credentials.invalid)`. A reason may follow the code. */
function refusalText(reason = ''): string {
  const [code = ''] = reason.split(':');
  const words = Object.entries(refusalCodes)
    .find(([known]) => known === code)?.[1]
    .split(';')[0];
  return words === undefined ? reason : `${words} (${reason})`;
}

/** One event of a sign-in. */
export function eventText(line: AuditLine): string {
  const words = sentences[line.event]?.(line) ?? [line.event, ...(line.reason ? [line.reason] : [])].join(': ');
  return printable(words);
}

function isDenyReason(reason: string): reason is DenyReason {
  return (denyReasons as readonly string[]).includes(reason);
}

function reasonText(reason = ''): string {
  return isDenyReason(reason) ? denyReasonText(reason) : reason.replaceAll('_', ' ');
}

function denialOfLineText({ reason = '', trace }: AuditLine): string {
  if (!isDenyReason(reason)) return reasonText(reason);
  if (trace?.missingEnrollment) {
    const { layer, rule, ...missingEnrollment } = trace.missingEnrollment;
    return denialText(omitUndefined({ reason, layer, rule, missingEnrollment }));
  }
  if (trace?.passwordToReplace === undefined) return reasonText(reason);
  const { layer, rule, ...passwordToReplace } = trace.passwordToReplace;
  return denialText(omitUndefined({ reason, layer, rule, passwordToReplace }));
}

export function tracedLayerTitle(
  { layer, policy, change, requiredAcr }: TracedLayer,
  decision: readonly TracedLayer[],
): string {
  if (isRecovery(decision)) return 'Recovery policy';
  if (layer === 'app' && requiredAcr !== undefined) return `Minimum acr of the app: ${requiredAcr.join(', ')}`;
  if (layer === 'request') return requiredAcr ? `Request: acr ${requiredAcr.join(' or ')}` : 'Request';
  if (change !== undefined) return `${layerTitles[layer]}, to ${change.action} ${change.of}`;
  return policy === '' || policy === layer ? layerTitles[layer] : `${layerTitles[layer]} ${printable(policy)}`;
}

export function tracedProofName(authenticator: string | undefined, method: string | undefined): string {
  return authenticator === undefined || method === undefined ? `${authenticator}` : methodName(authenticator, method);
}
