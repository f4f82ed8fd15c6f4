/**
 * Accounts that their users asked to delete. The record of the user says so, and a set lists all of them. Members of
 * the set include the time, so a worker reads no record before it is due. It then also recognises members whose request
 * was never written or was withdrawn.
 */
import type { Seconds } from '../../core/model/facts.ts';
import { deletionsKey } from '../../stores/keys.ts';
import type { Op } from '../../stores/store.ts';
import type { AskedDeletion, User } from './user.ts';

/** A member of the set. */
export interface DueDeletion {
  /** Id of the user. */
  readonly user: string;
  /** Epoch seconds. */
  readonly dueAt: Seconds;
}

/** Written before the record. If the node stops in between, the member is left without a request and has no effect. */
export function joinDeletions(user: string, { dueAt }: AskedDeletion): Op {
  return { op: 'join', key: deletionsKey, member: memberOf({ user, dueAt }) };
}

export function leaveDeletions(due: DueDeletion): Extract<Op, { op: 'leave' }> {
  return { op: 'leave', key: deletionsKey, member: memberOf(due) };
}

function memberOf({ user, dueAt }: DueDeletion): string {
  return `${dueAt}.${user}`;
}

export function parseDeletion(member: string): DueDeletion {
  const dot = member.indexOf('.');
  return { dueAt: Number(member.slice(0, dot)), user: member.slice(dot + 1) };
}

/**
 * Whether the user still wants the deletion and it is still allowed. For a suspended account an administrator decides
 * first.
 */
export function isStillDue({ deletion, status }: User, { dueAt }: DueDeletion): boolean {
  return deletion?.dueAt === dueAt && status === 'active';
}

/** Withdraws the request: the user keeps the account. */
export function withoutDeletion({ deletion: _, ...user }: User): User {
  return user;
}
