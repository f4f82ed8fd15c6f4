/** Builds the template model for a list of app names. */
import type { NamedApps } from '../../../flow/account/named-apps.ts';
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { AppsModel } from '../models/account-models.ts';

export function appsModel(id: string, lead: MessageDescriptor, { names, more: count }: NamedApps): AppsModel {
  return {
    id,
    lead,
    names,
    ...(count > 0 ? { more: { key: 'account.remove.lost.more', params: { count } } } : {}),
  };
}
