/** The first page of the preview, for choosing state, brand, language, scheme and width. */
import { escapeHtml } from '../rendering/escape-html.ts';
import { languageText } from '../rendering/formatters.ts';
import { schemes } from '../rendering/palette.ts';

export interface IndexParts {
  readonly brands: readonly { readonly id: string; readonly title: string }[];
  readonly locales: readonly string[];
  /** Names of a brand's states, by group. */
  readonly groups: (brand: string) => Readonly<Record<string, readonly string[]>>;
}

const widths = { phone: 'Phone (390 px)', tablet: 'Tablet (820 px)', full: 'Desktop' };

/** Works without its script: the links then show each state in the first brand and language, in the light scheme. */
export function indexPage({ brands, locales, groups }: IndexParts): string {
  const [first = { id: '' }] = brands;
  const [language = ''] = locales;
  const all = Object.entries(groups(first.id));
  const languages = locales.map((tag) => [tag, languageText(tag)] as const);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Preview of all pages</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="preview.css">
<script src="preview.js" defer></script>
</head>
<body>
<header>
<h1>Preview</h1>
${choice(
  'brand',
  'Brand',
  brands.map(({ id, title }) => [id, title]),
)}
${choice('locale', 'Language', languages)}
${choice(
  'scheme',
  'Scheme',
  schemes.map((scheme) => [scheme, scheme === 'dark' ? 'Dark' : 'Light']),
)}
${choice('width', 'Width', Object.entries(widths))}
<a data-alone href="#" target="_blank">Open by itself</a>
</header>
<nav aria-label="Pages">
${all.map(([group, states]) => section(group, states, `${first.id}/${language}/light`)).join('\n')}
</nav>
<main><iframe name="shown" title="The page" data-groups="${escapeHtml(
    JSON.stringify(Object.fromEntries(brands.map(({ id }) => [id, Object.keys(groups(id))]))),
  )}"></iframe></main>
</body>
</html>
`;
}

function choice(name: string, label: string, options: readonly (readonly [value: string, text: string])[]): string {
  const items = options.map(([value, text]) => `<option value="${escapeHtml(value)}">${escapeHtml(text)}</option>`);
  return `<label>${label} <select name="${name}">${items.join('')}</select></label>`;
}

function section(group: string, states: readonly string[], folder: string): string {
  const items = states.map(
    (state) =>
      `<li><a target="shown" data-state="${state}" href="${folder}/${state}.html">${stateText(state)}</a></li>`,
  );
  return `<section data-group="${escapeHtml(group)}"><h2>${escapeHtml(group)}</h2><ul>${items.join('')}</ul></section>`;
}

/** `totp-wrong` becomes `totp wrong`. */
function stateText(state: string): string {
  return escapeHtml(state.replaceAll(/[-_]/g, ' '));
}
