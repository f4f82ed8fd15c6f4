/** The users of the demo. */

export interface DemoUser {
  readonly identifier: string;
  readonly displayName: string;
  readonly groups: readonly string[];
}

/**
 * An ordinary user, one with more rights, and one from outside the company. They share one password, which is not part
 * of this data.
 */
export const demoUsers: readonly DemoUser[] = [
  { identifier: 'alice@demo.test', displayName: 'Alice Archer', groups: ['staff'] },
  { identifier: 'bob@demo.test', displayName: 'Bob Baker', groups: ['staff', 'payroll-admins'] },
  { identifier: 'carol@demo.test', displayName: 'Carol Clark', groups: ['contractors'] },
];
