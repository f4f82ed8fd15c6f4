/** The two applications of the demo. The key is the OAuth client identifier and the first part of the path. */
export interface DemoApp {
  readonly key: 'notes' | 'payroll';
  readonly title: string;
  readonly about: string;
  readonly asksFor: string;
}

export const demoApps: readonly DemoApp[] = [
  {
    key: 'notes',
    title: 'Notes',
    about: 'A notepad. Nothing in it could hurt anybody much.',
    asksFor: 'One proof of who you are, for example your password.',
  },
  {
    key: 'payroll',
    title: 'Payroll',
    about: 'Everybody’s salary. Nobody should get in with a guessed password.',
    asksFor: 'Two different kinds of proof, for example your password and a code from your phone.',
  },
];
