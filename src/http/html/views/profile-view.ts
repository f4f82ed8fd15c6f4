/** Builds the template models for the user's own profile. */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { ProfileField } from '../../../core/step/step.ts';
import { identifierInputs } from '../../../flow/account/identifiers.ts';
import type { FixedValue, ProfileIdentifier } from '../../../flow/account/profile.ts';
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { Translator } from '../../../rendering/translator.ts';
import { fieldsWithNotices } from '../fields/fields.ts';
import type { Field, Input } from '../fields/inputs.ts';
import { attributeLabel, optionText, profileInputs } from '../fields/profile-fields.ts';
import type {
  FixedValueModel,
  OwnIdentifierModel,
  OwnProfileModel,
  ProfileGroupModel,
} from '../models/account-models.ts';
import type { AccountExportPage, ChangeIdentifierPage, ConfirmIdentifierPage, ProfilePage } from './account-pages.ts';
import { iconOf, invalidBy, noticesModel, type OwnContent, stateForm } from './page-view.ts';

export function profileContent(
  page: ProfilePage | ChangeIdentifierPage | ConfirmIdentifierPage | AccountExportPage,
  t: Translator,
): OwnContent {
  switch (page.kind) {
    case 'profile':
      return { template: 'account/profile', heading: { key: 'account.profile.title' }, model: profileModel(page, t) };
    case 'data':
      return {
        template: 'account/data',
        heading: { key: 'account.data.title' },
        model: { main: stateForm({ step: 'download', action: '/account/data' }, page.handle) },
      };
    case 'change-identifier':
      return changeContent(page, t);
    case 'confirm-identifier':
      return confirmContent(page);
  }
}

function profileModel(page: ProfilePage, t: Translator): OwnProfileModel {
  const { identifiers, fields, fixed, canDownload, canDelete } = page.profile;
  return {
    identifiers: identifiers.map(identifierModel),
    ...(fields.length === 0
      ? {}
      : {
          edit: {
            main: stateForm({ step: 'profile', action: '/account/profile', novalidate: true }, page.handle),
            groups: groupsModel(page, t),
          },
        }),
    fixed: fixed.map((value) => fixedModel(value, t)),
    canDownload,
    canDelete,
  };
}

function identifierModel({ kind, value, verified, canChange, asked }: ProfileIdentifier): OwnIdentifierModel {
  const act = value === undefined ? 'add' : 'change';
  return {
    icon: kind === 'username' ? 'person' : iconOf(kind),
    label: { key: `account.identifier.${kind}` },
    ...omitUndefined({ value }),
    ...(value === undefined || kind === 'username'
      ? {}
      : { state: { key: verified ? 'account.identifier.verified' : 'account.identifier.unverified' } }),
    ...(canChange
      ? {
          change: {
            href: `/account/profile/${kind}`,
            text: { key: `account.identifier.${act}` },
            label: { key: `account.identifier.${kind}.${act}` },
          },
        }
      : {}),
    ...(asked === undefined
      ? {}
      : {
          asked: {
            href: `/account/profile/${kind}/confirm`,
            text: { key: 'account.address.asked', params: { address: asked } },
          },
        }),
  };
}

/** The order on the page. Attributes in no group come last. */
const groups: readonly (readonly [string, readonly string[]])[] = [
  ['name', ['displayName', 'givenName', 'middleName', 'familyName', 'nickname']],
  ['about', ['birthdate', 'gender', 'picture', 'profileUrl', 'website']],
  ['region', ['locale', 'zoneinfo']],
  ['address', ['streetAddress', 'postalCode', 'locality', 'region', 'country']],
];

function groupsModel({ profile, typed, notices }: ProfilePage, t: Translator): readonly ProfileGroupModel[] {
  const step = { fields: profile.fields, terms: [], notices } as const;
  const inputs = profileInputs(step, typed, t).map((field, index) => ({
    name: profile.fields[index]?.name ?? '',
    field: plain(field, profile.fields[index], t),
    notices: noticesModel(notices, t, { only: (notice) => notice.field === field.name }),
  }));
  const known = groups.flatMap(([, names]) => names);
  const grouped = groups.map(([id, names]) => ({
    id,
    fields: names.flatMap((name) => inputs.filter((input) => input.name === name)),
  }));
  const others = { id: 'others', fields: inputs.filter(({ name }) => !known.includes(name)) };
  return [...grouped, others]
    .filter(({ fields }) => fields.length > 0)
    .map(({ id, fields }) => ({
      id,
      title: { key: `account.profile.${id}` },
      fields: fields.map(({ field, notices: fieldNotices }) => ({ field, notices: fieldNotices })),
    }));
}

/** Everything here is optional, so no label says so. Only errors get the focus. */
function plain(field: Field, profileField: ProfileField | undefined, t: Translator): Field {
  const label = { key: 'attribute.label', params: { label: profileField ? attributeLabel(profileField, t) : '' } };
  return { ...field, label, autofocus: field.autofocus && field.invalid };
}

function fixedModel({ name, attribute, value }: FixedValue, t: Translator): FixedValueModel {
  const values = Array.isArray(value) ? (value as readonly string[]) : [value as string | number | boolean];
  return {
    label: attributeLabel({ name, attribute }, t),
    values: values.map((item) => valueText(attribute, item)),
  };

  function valueText(type: FixedValue['attribute'], item: string | number | boolean): MessageDescriptor {
    if (typeof item === 'boolean') return { key: item ? 'account.profile.yes' : 'account.profile.no' };
    return { key: 'mail.details.value', params: { value: optionText(type, String(item), t) } };
  }
}

const looks: Readonly<Record<ChangeIdentifierPage['identifier'], Pick<Input, 'label' | 'type' | 'autocomplete'>>> = {
  email: { label: 'account.identifier.email.new', type: 'text', autocomplete: 'email' },
  phone: { label: 'account.identifier.phone.new', type: 'tel', autocomplete: 'tel' },
  username: { label: 'account.identifier.username.new', type: 'text', autocomplete: 'username' },
};

function changeContent(page: ChangeIdentifierPage, t: Translator): OwnContent {
  const { identifier, present, typed, notices } = page;
  const input: Input = {
    ...looks[identifier],
    name: identifierInputs[identifier],
    ...(identifier === 'email' ? ({ inputmode: 'email' } as const) : {}),
    ...(identifier === 'phone' ? ({ hint: 'phone.hint' } as const) : {}),
    code: false,
    leftToRight: true,
    value: typed,
  };
  const [field] = fieldsWithNotices([input], notices);
  const act = present === undefined ? 'add' : 'change';
  return {
    template: 'account/change-identifier',
    heading: { key: `account.identifier.${identifier}.${act}` },
    model: {
      lead: { key: `account.identifier.${identifier}.lead` },
      ...(present === undefined
        ? {}
        : {
            present: { key: 'account.identifier.present', params: { value: present } },
            after: { key: `account.identifier.${identifier}.after` },
          }),
      main: stateForm(
        { step: `change-${identifier}`, action: `/account/profile/${identifier}`, novalidate: true },
        page.handle,
      ),
      fields: field
        ? [{ field, notices: noticesModel(notices, t, { only: (notice) => notice.field === field.name }) }]
        : [],
      action: { key: identifier === 'username' ? 'account.identifier.save' : 'account.address.send' },
    },
  };
}

function confirmContent({ identifier, value, handle, resendHandle, notices }: ConfirmIdentifierPage): OwnContent {
  const path = `/account/profile/${identifier}/confirm`;
  return {
    template: 'account/confirm-address',
    heading: { key: `account.identifier.${identifier}.confirm.title` },
    model: {
      lead: { key: 'account.address.confirm.lead', params: { address: value } },
      main: stateForm({ step: 'confirm-identifier', action: path }, handle),
      action: { key: 'account.identifier.confirm' },
      resend: {
        main: stateForm({ step: 'resend-identifier', action: `/account/profile/${identifier}/resend` }, resendHandle),
        look: 'link',
        text: { key: 'options.resend' },
      },
      ...invalidBy(notices, 'passcode'),
    },
  };
}
