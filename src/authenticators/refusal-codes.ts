/**
 * Every reason for refusing an answer. A code is a key of the text that the user reads; `<code>.<authenticator>` is
 * preferred.
 */

export const refusalCodes = {
  'credentials.required': 'nothing was entered',
  'credentials.malformed': 'no user could have this answer',
  'credentials.invalid': 'the answer is wrong; also for an unknown user and a damaged credential',
  'label.required': 'the user has several of the kind, and gave the new one no name',
  'label.invalid': 'the name is too long or not plain text',
  'credentials.used': 'a one-time value that counted before',
  'credentials.unverified': 'user verification is required and did not take place',
  'credentials.cloned': 'the signature counter shows that the key was copied',
  'credentials.not_allowed': 'a model of key that the administrator does not accept',
  // The engine uses these four to refuse a new credential.
  'credentials.taken': 'the credential belongs to another account',
  'credentials.not_enough': 'the credential lacks a characteristic that a rule requires',
  'credentials.not_hardware': 'the credential is not known to be protected by hardware',
  'credentials.not_device_bound': 'the credential can be copied to other devices',

  'password.too_short': 'the new password is shorter than the policy allows',
  'password.too_long': 'the new password is longer than 1024 bytes',
  'password.malformed': 'the new password is not well-formed text',
  'password.common': 'the new password is one that attackers try first',
  'password.context': 'the new password is little more than a word about the user or the service',
  'password.list': 'the new password is on the list of the administrator',
  'password.breached': 'the new password is known from breaches',
  'password.repeated': 'the new password is the present one or a former one',

  'email.required': 'no address was entered',
  'email.invalid': 'mail cannot be sent to the address',
  'email.enrolled': 'the user has enrolled the address before',

  'phone.required': 'no number was entered',
  'phone.invalid': 'there can be no such number',
  'phone.country': 'no messages go to the country of the number',
  'phone.kind': 'a kind of number that cannot receive codes, such as premium rate',
  'phone.landline': 'the number can only receive calls, and calls are not enabled',
  'phone.enrolled': 'the user has enrolled the number before',

  'question.required': 'no question was chosen',
  'question.unwritten': 'the question of the user is empty',
  'question.malformed': 'the question of the user is too short, too long or not plain text',
  'answer.too_short': 'the answer is shorter than the settings allow',
  'answer.obvious': 'the answer follows from the question or the profile, or is a common one',

  'recovery_codes.unsaved': 'the user has not confirmed that the codes are saved',
} as const satisfies Readonly<Record<string, string>>;

export type RefusalCode = keyof typeof refusalCodes;
