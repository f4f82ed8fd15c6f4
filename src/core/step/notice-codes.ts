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

  'register.exists': 'an account has the address by now; the user signs in',
  'profile.check': 'something in the form is wrong; what, stands beside its field',
  'profile.required': 'a required attribute has no value',
  'profile.unknown': 'the form has something that was not asked for, or that is of another type',
  'profile.taken': 'another account has the value, which is unique',
  'profile.too_short': 'the text is shorter than the schema allows',
  'profile.too_long': 'the text is longer than the schema allows',
  'profile.forbidden_character': 'control or invisible characters, or such that change the direction of text',
  'profile.markup': 'tags or the text of a template',
  'profile.not_offered': 'none of the options',
  'profile.too_small': 'the number is below the least one',
  'profile.too_large': 'the number is above the greatest one',
  'profile.not_matching': 'the text does not have the form that the schema asks for',
  'profile.invalid.number': 'not a number',
  'profile.invalid.date': 'not a date',
  'profile.invalid.url': 'not an http or https URL',
  'profile.invalid.email': 'not a mail address',
  'profile.invalid.phone': 'not a phone number with country code',
  'profile.invalid.locale': 'not a language tag',
  'profile.invalid.time_zone': 'not a time zone',
  'profile.exceeded': 'too many forms were sent in; the user may try again after a wait',
  'terms.required': 'the terms were not accepted',

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
  'account.identifier.admin': 'only administrators change it',
  'account.identifier.same': 'the user has this value already',
  'account.username.invalid': 'the text cannot be a user name',
  'account.done.profile_saved': 'the profile was changed',
  'account.done.email_changed': 'the address of the account was changed',
  'account.done.phone_changed': 'the number of the account was changed',
  'account.done.username_changed': 'the user name was changed',
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
