/** A transaction under way, as one request holds it. */
import type { Decision, Facts } from '../core/model.ts';
import type { Transaction } from '../core/transaction.ts';
import type { App } from '../policy/app.ts';
import type { Snapshot } from '../policy/snapshot.ts';
import type { UnitOfWork } from '../stores/unit-of-work.ts';
import type { Runtime } from './runtime.ts';
import type { Visitor } from './visitor.ts';

/** One request for one transaction. */
export interface LoopRequest {
  readonly unit: UnitOfWork;
  readonly uid: string;
  readonly visitor: Visitor;
}

/** A transaction under way, with all that a decision needs. */
export interface Loop {
  readonly runtime: Runtime;
  readonly request: LoopRequest;
  readonly transaction: Transaction;
  /** Version that forms were made from. */
  readonly version: number;
  readonly snapshot: Snapshot;
  readonly app: App;
}

export interface Judged {
  readonly facts: Facts;
  readonly decision: Decision;
}

/** Who, for which app, from where: the part that all audit lines of a transaction share. */
export function whoAndWhere({ transaction, request, snapshot }: Loop) {
  const { subject } = transaction;
  return {
    ...(subject && !subject.decoy ? { subject: subject.id } : {}),
    client: transaction.request.clientId,
    ip: request.visitor.ip,
    transaction: transaction.id,
    policyRevision: snapshot.revision,
  };
}
