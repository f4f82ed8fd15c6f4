/** The templates of messages: each with its version, and the fingerprint of the model that it was written for. */
import type { TemplateTable } from '../rendering/templates.ts';
import type { MessageTemplateModels } from './message-models.ts';

export const messageTemplates: TemplateTable<MessageTemplateModels> = {
  'mail/account-changed.html': { version: 3, fingerprint: '4717edb86631' },
  'mail/account-changed.txt': { version: 3, fingerprint: '4717edb86631' },
  'mail/address.html': { version: 1, fingerprint: '15e5a04b2395' },
  'mail/address.txt': { version: 1, fingerprint: '15e5a04b2395' },
  'mail/code.html': { version: 2, fingerprint: '6c818f54e321' },
  'mail/code.txt': { version: 2, fingerprint: '6c818f54e321' },
  'mail/details.html': { version: 1, fingerprint: 'b51b43d0f170' },
  'mail/details.txt': { version: 1, fingerprint: 'b51b43d0f170' },
  'mail/layout.html': { version: 2, fingerprint: '039a460760e8' },
  'mail/origin.html': { version: 1, fingerprint: 'bec8f34ed586' },
  'mail/origin.txt': { version: 1, fingerprint: 'bec8f34ed586' },
  'mail/recovery-used.html': { version: 1, fingerprint: 'e6bd9d0ec3c7' },
  'mail/recovery-used.txt': { version: 1, fingerprint: 'e6bd9d0ec3c7' },
  'mail/registered.html': { version: 1, fingerprint: 'c1783353ebd8' },
  'mail/registered.txt': { version: 1, fingerprint: 'c1783353ebd8' },
  'sms/code.txt': { version: 2, fingerprint: 'f4d162cd0df0' },
  'sms/number.txt': { version: 2, fingerprint: 'f4d162cd0df0' },
  'sms/number-changed.txt': { version: 1, fingerprint: '3d56345f3666' },
  'voice/code.txt': { version: 2, fingerprint: '54cebfc5dbfd' },
  'voice/number.txt': { version: 2, fingerprint: '54cebfc5dbfd' },
};
