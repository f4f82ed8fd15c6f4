/** The message templates, each with its version and the fingerprint of its model. */
import type { TemplateTable } from '../rendering/templates.ts';
import type { MessageTemplateModels } from './message-models.ts';

export const messageTemplates: TemplateTable<MessageTemplateModels> = {
  'mail/account-changed.html': { version: 4, fingerprint: '5f80e9d9158b' },
  'mail/account-changed.txt': { version: 4, fingerprint: '5f80e9d9158b' },
  'mail/address.html': { version: 2, fingerprint: '710e00990430' },
  'mail/address.txt': { version: 2, fingerprint: '710e00990430' },
  'mail/code.html': { version: 4, fingerprint: '6bb3106d32db' },
  'mail/code.txt': { version: 4, fingerprint: '6bb3106d32db' },
  'mail/details.html': { version: 2, fingerprint: 'e1323d8049dc' },
  'mail/details.txt': { version: 2, fingerprint: 'e1323d8049dc' },
  'mail/layout.html': { version: 3, fingerprint: '47d8c04ad174' },
  'mail/origin.html': { version: 2, fingerprint: '629b8555b42d' },
  'mail/origin.txt': { version: 2, fingerprint: '629b8555b42d' },
  'mail/recovery-used.html': { version: 2, fingerprint: 'cbced4b5bb4e' },
  'mail/recovery-used.txt': { version: 2, fingerprint: 'cbced4b5bb4e' },
  'mail/registered.html': { version: 2, fingerprint: '68661563b0ca' },
  'mail/registered.txt': { version: 2, fingerprint: '68661563b0ca' },
  'sms/code.txt': { version: 3, fingerprint: 'f7e664111eee' },
  'sms/number.txt': { version: 3, fingerprint: 'f7e664111eee' },
  'sms/number-changed.txt': { version: 1, fingerprint: '3d56345f3666' },
  'voice/code.txt': { version: 3, fingerprint: '3aff44fdfda9' },
  'voice/number.txt': { version: 3, fingerprint: '3aff44fdfda9' },
};
