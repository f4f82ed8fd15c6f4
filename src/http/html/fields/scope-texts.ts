/** Descriptions of scopes: those of the configuration, otherwise the shipped ones. */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { ConsentDetails } from '../../../flow/actions/choices/consent.ts';
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { Translator } from '../../../rendering/translator.ts';
import { localized } from './localized.ts';

/** `help` is shown below the label. Absent if the label is enough. */
export function scopeText(
  scope: string,
  texts: ConsentDetails['texts'],
  t: Translator,
): { readonly label: string; readonly help?: string } {
  const own = Object.hasOwn(texts, scope) ? texts[scope] : undefined;
  if (own) return { label: localized(own.label, t), ...(own.help ? { help: localized(own.help, t) } : {}) };
  // A name with a dot is not a standard scope, and must not select another text.
  const isStandard =
    /^[a-z_]+$/.test(scope) && scope !== 'other' && t.pick(`scope.${scope}`, 'scope.other') !== 'scope.other';
  if (!isStandard) return { label: t.text('scope.other', { scope }) };
  return { label: t.text(`scope.${scope}`), help: t.text(`scope.${scope}.help`) };
}

/** The same as message descriptors. */
export function scopeModel(
  scope: string,
  texts: ConsentDetails['texts'],
  t: Translator,
): { readonly label: MessageDescriptor; readonly help?: MessageDescriptor } {
  const { label, help } = scopeText(scope, texts, t);
  return omitUndefined({
    label: { key: 'attribute.label', params: { label } },
    help: help === undefined ? undefined : { key: 'attribute.help', params: { help } },
  });
}
