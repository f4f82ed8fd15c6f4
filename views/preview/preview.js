// Shows the chosen state in the chosen brand, language, scheme and width. The address remembers the choice, so that it
// can be passed on.

const names = ['brand', 'locale', 'scheme', 'width'];
const chosen = Object.fromEntries(names.map((name) => [name, document.querySelector(`select[name=${name}]`)]));
const frame = document.querySelector('iframe');
const groups = JSON.parse(frame.dataset.groups);
const links = [...document.querySelectorAll('[data-state]')];
let state = links[0]?.dataset.state;

/** Values that the page does not have leave the choice as it is. */
function readAddress() {
  const wanted = location.hash.slice(1).split('/').map(decodeURIComponent);
  names.forEach((name, index) => {
    const select = chosen[name];
    if ([...select.options].some(({ value }) => value === wanted[index])) select.value = wanted[index];
  });
  const [, , , , wantedState] = wanted;
  if (links.some((link) => link.dataset.state === wantedState)) state = wantedState;
}

/** Pages that have no brand of an app are not in its list. */
function showGroups() {
  const shown = groups[chosen.brand.value];
  for (const section of document.querySelectorAll('[data-group]'))
    section.hidden = !shown.includes(section.dataset.group);
  const current = links.find((link) => link.dataset.state === state);
  if (current.closest('[data-group]').hidden)
    state = links.find((link) => !link.closest('[data-group]').hidden).dataset.state;
}

function show() {
  showGroups();
  const [brand, locale, scheme, width] = names.map((name) => chosen[name].value);
  const address = `${encodeURIComponent(brand)}/${locale}/${scheme}/${state}.html`;
  frame.contentWindow.location.replace(new URL(address, document.baseURI));
  document.body.dataset.width = width;
  document.querySelector('[data-alone]').href = address;
  for (const link of links) {
    if (link.dataset.state === state) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
  history.replaceState(null, '', `#${[brand, locale, scheme, width, state].map(encodeURIComponent).join('/')}`);
}

for (const select of Object.values(chosen)) select.addEventListener('change', show);
for (const link of links)
  link.addEventListener('click', (event) => {
    event.preventDefault();
    state = link.dataset.state;
    show();
  });
addEventListener('hashchange', () => {
  readAddress();
  show();
});
readAddress();
show();
