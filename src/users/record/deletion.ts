/**
 * Accounts that their users asked to have deleted. The record of the user says so, and a set holds all of them. A
 * member names the time, too: so a worker reads no record before its time, and a member that was joined for a request
 * that was never written, or that the user took back, is known as such when its time has come.
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

/** Written before the record: a node that dies in between leaves a member that leads to nothing. */
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
  const at = member.indexOf('.');
  return { dueAt: Number(member.slice(0, at)), user: member.slice(at + 1) };
}

/** Whether this is still what the user wants, and may have: of a suspended account an administrator decides first. */
export function isStillDue({ deletion, status }: User, { dueAt }: DueDeletion): boolean {
  return deletion?.dueAt === dueAt && status === 'active';
}

/** The user keeps the account. */
export function withoutDeletion({ deletion: _, ...user }: User): User {
  return user;
}
