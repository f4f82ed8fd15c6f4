/**
 * Which test file emits which audit event, and asks for it. The lines that a file really causes are noted as they are
 * written; a file that no longer causes the events of its row fails at its end.
 */
import { afterAll } from '@jest/globals';
import type { AuditEventName } from '../../../src/flow/audit.ts';
import { auditKey } from '../../../src/stores/keys.ts';
import type { Op } from '../../../src/stores/store.ts';

/** By the path below `test`. `test/architecture/audit-events.test.ts` compares with the table of events. */
export const eventsEmittedIn: Readonly<Record<string, readonly AuditEventName[]>> = {
  'contract/backup.test.ts': ['store.restored', 'store.epoch_began'],
  'contract/upgrade.test.ts': ['store.upgraded'],
  'e2e/account/account-identifiers.test.ts': [
    'account.identifier_changed',
    'account.identifier_refused',
    'account.identifier_restored',
  ],
  'e2e/account/account-apps.test.ts': ['account.app_access_ended'],
  'e2e/policies/new-browser.test.ts': ['sign_in.new_browser', 'account.sign_in_rejected'],
  'e2e/account/account-data.test.ts': ['account.data_downloaded'],
  'e2e/account/account-deletion.test.ts': ['account.deletion_requested', 'account.deletion_cancelled'],
  'e2e/account/account-profile.test.ts': ['account.profile_changed'],
  'e2e/protocol/consent.test.ts': ['consent.given', 'consent.refused'],
  'e2e/sign-in/email.test.ts': ['authenticator.verified', 'authenticator.enrolled', 'sign_in.completed'],
  'e2e/sign-in/message-failed.test.ts': ['message.failed'],
  'e2e/sign-in/profile.test.ts': ['profile.completed', 'profile.skipped'],
  'e2e/sign-in/recovery.test.ts': ['recovery.started', 'recovery.completed'],
  'e2e/commands/sign-in-story.test.ts': ['sign_in.asked'],
  'e2e/protocol/refresh-tokens.test.ts': ['token.reused'],
  'e2e/sign-in/register.test.ts': ['user.registered'],
  'e2e/protocol/service-apps.test.ts': ['service_token.issued', 'service_token.denied'],
  'security/guessing/challenge-service.test.ts': ['challenge_service.refused', 'challenge_service.failed'],
  'security/account/factor-changes.test.ts': ['token.refreshed'],
  'security/tokens/token-issuance.test.ts': ['token.denied', 'token.refresh_denied'],
  'unit/flow/account-changes.test.ts': [
    'account.renamed',
    'account.removed',
    'account.session_ended',
    'account.sessions_ended',
    'account.device_forgotten',
    'account.address_added',
    'account.address_refused',
    'account.address_removed',
  ],
  'unit/flow/actions/verification/verify.test.ts': ['authenticator.refused', 'authenticator.throttled'],
  'unit/flow/actions/selection/resend.test.ts': ['message.queued', 'message.withheld', 'message.limited'],
  'unit/flow/actions/selection/start-challenge.test.ts': ['message.undeliverable'],
  'unit/flow/engine.test.ts': ['enrollment.skipped', 'sign_in.denied', 'sign_in.cancelled'],
  'unit/flow/record-browser.test.ts': ['account.device_remembered'],
  'unit/cli/config/revisions/config-apply.test.ts': ['config.applied', 'config.confirmed', 'config.rolled_back'],
  'unit/cli/store/store-alone.test.ts': ['store.alone', 'store.alone_ended'],
  'unit/cli/users/users-command.test.ts': [
    'user.added',
    'user.changed',
    'user.groups_changed',
    'user.suspended',
    'user.activated',
    'user.unlocked',
    'user.reset',
    'user.password_set',
    'authenticator.issued',
    'user.deleted',
  ],
};

const emitted = new Set<string>();

export function noteAuditLine({ event }: Readonly<Record<string, unknown>>): void {
  emitted.add(String(event));
}

/** Notes what a commit adds to the audit log. */
export function noteAuditOps(ops: readonly Op[]): void {
  for (const op of ops) if (op.op === 'append' && op.key === auditKey) noteAuditLine(JSON.parse(op.value));
}

/** `run`: see `scripts/jest/shared-modules-environment.cjs`. Absent in a mutation run, which runs single tests. */
const { run } = globalThis as { run?: { readonly file: string; readonly isWhole: boolean } };

afterAll(() => {
  const [, expected = []] = Object.entries(eventsEmittedIn).find(([file]) => run?.file.endsWith(`/test/${file}`)) ?? [];
  const missing = run?.isWhole ? expected.filter((event) => !emitted.has(event)) : [];
  if (missing.length > 0) throw new Error(`no test of this file emits ${missing.join(', ')}`);
});
