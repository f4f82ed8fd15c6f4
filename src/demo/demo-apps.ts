/** The apps of the demo. */

/** An app of the demo. The key is the OAuth client identifier and the first part of the path. */
export interface DemoApp {
  readonly key: 'notes' | 'payroll' | 'shop' | 'parcels';
  readonly title: string;
  readonly about: string;
  readonly asksFor: string;
  /** A short description of its policy. */
  readonly policy: string;
  /** Present for an app of another company: users are asked which of these scopes it may have. */
  readonly consentScopes?: readonly string[];
}

export const demoApps: readonly DemoApp[] = [
  {
    key: 'notes',
    title: 'Notes',
    about: 'A notepad. Nothing in it could hurt anybody much.',
    policy: 'One proof, of any kind',
    asksFor:
      'One proof of who you are, for example your password. If you are signed in to another application, that will do.',
  },
  {
    key: 'payroll',
    title: 'Payroll',
    about: 'Everybody’s salary. Nobody should get in with a guessed password.',
    policy: 'Two kinds of proof, not by mail or phone',
    asksFor:
      'Two different kinds of proof: your password and a code from an app, or a passkey that checks that it is you. The first time, you choose which one to set up.',
  },
  {
    key: 'shop',
    title: 'Shop',
    about: 'Buying something should be quick, and nobody remembers another password.',
    policy: 'A code by mail, or a passkey',
    asksFor:
      'A code or a link that you get by email, or a passkey. Never a password. It offers you to set up a passkey. At the checkout: your name and address, once.',
  },
  {
    key: 'parcels',
    title: 'Parcels',
    about: 'Follows what you bought. It belongs to another company.',
    policy: 'One proof, of any kind, and your consent',
    asksFor:
      'One proof of who you are, like Notes. Then you choose what it may see: your email address it needs, your profile and postal address you can leave out.',
    consentScopes: ['profile', 'email', 'address'],
  },
];
