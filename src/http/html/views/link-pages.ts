/** The pages behind links in notifications: the question, and the result. */
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { LinkQuestionPage, LinkResultPage } from './page-models.ts';
import { placeText, stateForm, type View } from './page-view.ts';

const paths = { undo: '/account/undo', not_me: '/account/not-me' } as const;

export function linkQuestionView(page: LinkQuestionPage): View {
  const { does, token } = page;
  const { hidden: _, ...form } = stateForm({ step: does.replace('_', '-'), action: paths[does] }, '');
  return {
    template: 'pages/link-question',
    heading: { key: `link.${does}.title` },
    model: {
      ...textsOf(page),
      main: { ...form, hidden: [{ name: 'link.token', value: token }] },
      action: { key: `link.${does}.yes` },
    },
  };
}

function textsOf(page: LinkQuestionPage): {
  readonly lead: MessageDescriptor;
  readonly hints: readonly MessageDescriptor[];
} {
  if (page.does === 'undo')
    return {
      lead: { key: `link.undo.${page.kind}`, params: { value: page.value } },
      hints: [{ key: 'link.undo.sessions' }, { key: 'link.undo.stays' }],
    };
  const { at, app } = page.signIn;
  return {
    lead: { key: 'link.not_me.sign_in', params: { app, at: { at, style: 'long' } } },
    hints: [placeText(page.signIn), { key: 'link.not_me.sessions' }, { key: 'link.not_me.mine' }],
  };
}

export function linkResultView({ does, result, recover }: LinkResultPage): View {
  const code = `link.${does}.${result}`;
  const next =
    recover === undefined
      ? { href: '/account', text: { key: 'link.to_account' } }
      : { href: `/account/recover?identifier=${encodeURIComponent(recover)}`, text: { key: 'link.to_recovery' } };
  return {
    template: 'pages/link-result',
    heading: { key: `${code}.title` },
    model: { code, lead: { key: leadOf(code, recover) }, ...(result === 'done' ? { next } : {}) },
  };
}

/** An account without a password has none to set again. */
function leadOf(code: string, recover: string | undefined): string {
  return code === 'link.not_me.done' && recover === undefined ? 'link.not_me.done.methods' : code;
}
