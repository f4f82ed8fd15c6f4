/**
 * Deletes accounts whose deletion is due. Each node runs one worker. The commit compares the deleted record, so only
 * one node deletes it, and a user who cancels at the last moment keeps the account.
 */

import { omitUndefined } from '../core/model/omit-undefined.ts';
import { timeZoneOf } from '../core/profile/time-zone.ts';
import { messageOps } from '../delivery/outbox.ts';
import { type FailureLog, logFailure, StepgateError } from '../errors.ts';
import { deletionsKey } from '../stores/keys.ts';
import type { Op } from '../stores/store.ts';
import type { Directory } from '../users/directory/directory.ts';
import { type DueDeletion, isStillDue, leaveDeletions, parseDeletion } from '../users/record/deletion.ts';
import type { Account } from '../users/record/user.ts';
import { auditOp } from './audit.ts';
import { accountChanged, notificationDeliveries } from './notify/account-notification.ts';
import { PeriodicTask } from './periodic-task.ts';
import type { Services } from './services.ts';
import { userDeletionOps } from './session-ends.ts';

export interface DeletionWorkerOptions extends FailureLog {
  readonly services: Services;
  readonly directory: Directory;
  /** Pause between two passes (milliseconds). Default: a minute. */
  readonly interval?: number;
}

export class DeletionWorker {
  readonly #options: DeletionWorkerOptions;
  readonly #passes: PeriodicTask;

  constructor(options: DeletionWorkerOptions) {
    this.#options = options;
    this.#passes = new PeriodicTask(() => this.#pass(), options.interval ?? 60_000);
  }

  start(): void {
    this.#passes.start();
  }

  /** Waits for the running pass. */
  async stop(): Promise<void> {
    await this.#passes.stop();
  }

  async #pass(): Promise<void> {
    try {
      await this.deleteDue();
    } catch (error) {
      logFailure('accounts that are due could not be deleted', error, this.#options);
    }
  }

  /** Deletes the accounts that are due. Rejects with `StoreUnavailable`, or if other changes keep being faster. */
  async deleteDue(): Promise<void> {
    const { services } = this.#options;
    if (!services.knownSnapshot()?.settings.account.deletion.allowed) return;
    for await (const members of services.store.members(deletionsKey))
      for (const due of members.map(parseDeletion)) if (due.dueAt <= services.now()) await this.#tryToEnd(due);
  }

  /** A record that cannot be read does not delay the others. */
  async #tryToEnd(due: DueDeletion): Promise<void> {
    try {
      await this.#end(due);
    } catch (error) {
      if (error instanceof StepgateError) throw error;
      logFailure(`the account ${due.user} is due and cannot be deleted`, error, this.#options);
    }
  }

  async #end(due: DueDeletion): Promise<void> {
    const { services, directory } = this.#options;
    const { store, now } = services;
    const account = await directory.get(due.user);
    if (account?.user.deletion?.dueAt !== due.dueAt) return void (await store.commit([leaveDeletions(due)]));
    if (!isStillDue(account.user, due)) return;
    const snapshot = services.knownSnapshot();
    const schema = snapshot?.settings.attributes;
    const sessionEnds = await userDeletionOps({ store, now, snapshot }, account.user);
    const { line, op } = auditOp({ event: 'user.deleted', outcome: 'success', subject: due.user, by: 'self' });
    const isDeleted = await directory.delete(due.user, (before) => [...sessionEnds, ...this.#messages(before), op], {
      isMeant: (user) => isStillDue(user, due),
      ...(schema && { schema }),
    });
    if (!isDeleted) return;
    services.audit(line);
    services.messagesWait();
  }

  #messages(before: Account): readonly Op[] {
    const { services } = this.#options;
    if (!services.canMail()) return [];
    const at = services.now();
    const languages = { uiLocales: before.user.profile.locale ?? '', acceptLanguage: '' };
    const about = { languages, ...omitUndefined({ timeZone: timeZoneOf(before.user.profile) }) };
    return notificationDeliveries(before, accountChanged('deleted'), { at }).flatMap((delivery) =>
      messageOps(delivery, { now: at, about, changed: before.user.id }),
    );
  }
}
