/** Somebody who can sign in to the demo. */
export interface DemoPerson {
  readonly identifier: string;
  readonly displayName: string;
  readonly groups: readonly string[];
}

/** The demo's users: one who is ordinary, one with more rights, one from outside. The password is not data. */
export const demoPeople: readonly DemoPerson[] = [
  { identifier: 'alice@demo.test', displayName: 'Alice Archer', groups: ['staff'] },
  { identifier: 'bob@demo.test', displayName: 'Bob Baker', groups: ['staff', 'payroll-admins'] },
  { identifier: 'carol@demo.test', displayName: 'Carol Clark', groups: ['contractors'] },
];
