/** Every code of a notice that no authenticator owns. A code is the key of the text that the user reads. */

export const noticeCodes = {
  'form.stale': 'the form belongs to a step or page that has changed since',
  'identifier.required': 'no identifier was entered',
  'identifier.invalid': 'no user can have the identifier',
  'subject.mismatch': 'another user than the one that the transaction is for',
  'authenticator.required': 'no authenticator was selected',
  'challenge.expired': 'the challenge is no longer valid, or there is none',
  'enroll.expired': 'the enrollment took too long',
  'attempts.exceeded': 'too many attempts; the user may try again after a wait',
  'attempts.locked': 'too many attempts; waiting does not help',
  'sent.again': 'a new message was sent',
  'send.exceeded': 'too many messages were sent; the user may ask again after a wait',
  'resend.exceeded': 'as send.exceeded, in answer to a request for a new message',
  'send.undeliverable': 'no message can be sent to the destination',

  'account.changes.exceeded': 'too many changes of the account; the user may try again after a wait',
  'account.name.invalid': 'the name of the credential is too long or not plain text',
  'account.add.full': 'the user has as many credentials of the kind as allowed',
  'account.remove.confirm': 'the user has not confirmed the removal',
  'account.remove.last': 'the user could no longer sign in',
  'account.remove.required': 'applications require the credential',
  'account.address.no_mail': 'the installation sends no mail',
  'account.address.full': 'the user has as many addresses as allowed',
  'account.address.known': 'the user has the address already',
  'account.address.last': 'an account keeps at least one address',
  'account.done.address_added': 'an address was added',
  'account.done.address_removed': 'an address was removed',
  'account.done.device_forgotten': 'a device was forgotten',
  'account.done.added': 'a credential was added',
  'account.done.renamed': 'a credential was renamed',
  'account.done.removed': 'a credential was removed',
  'account.done.ended': 'a session was ended',
  'account.done.ended_others': 'all other sessions were ended',

  'device.required': 'no user code was entered (RFC 8628)',
  'device.aborted': 'the user refused the device',
  'device.invalid': 'the user code is unknown, expired or consumed',
  'device.failed': 'the provider could not use the user code',
} as const satisfies Readonly<Record<string, string>>;

/**
 * The code of a refusal. The table of these belongs to the authenticators, which core does not import;
 * only `refusalNoticeCode` of the flow makes one.
 */
export type RefusalNoticeCode = string & { readonly isRefusal: true };

export type NoticeCode = keyof typeof noticeCodes | RefusalNoticeCode;
