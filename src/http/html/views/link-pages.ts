/** The pages behind links in notifications: what is asked before anything is done, and what was done. */
import type { LinkQuestionPage, LinkResultPage } from './page-models.ts';
import { stateForm, type View } from './view.ts';

export function linkQuestionView({ does, kind, value, token }: LinkQuestionPage): View {
  const { hidden: _, ...form } = stateForm({ step: does, action: `/account/${does}` }, '');
  return {
    template: 'pages/link-question',
    heading: { key: `link.${does}.title` },
    model: {
      lead: { key: `link.${does}.${kind}`, params: { value } },
      hints: [{ key: `link.${does}.sessions` }, { key: `link.${does}.stays` }],
      main: { ...form, hidden: [{ name: 'link.token', value: token }] },
      action: { key: `link.${does}.yes` },
    },
  };
}

export function linkResultView({ does, result }: LinkResultPage): View {
  const code = `link.${does}.${result}`;
  return {
    template: 'pages/link-result',
    heading: { key: `${code}.title` },
    model: {
      code,
      lead: { key: code },
      ...(result === 'done' ? { next: { href: '/account', text: { key: 'link.to_account' } } } : {}),
    },
  };
}
