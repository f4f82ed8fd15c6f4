// Remembers user names in this browser, for a user who asks for it, and offers them on the next visit. They stay in
// this browser: the server neither sends nor gets the list.

const key = 'stepgate.names';
const most = 4;
const input = document.querySelector('[name="identifier"]');
const list = document.querySelector('[data-names]');
const chip = document.querySelector('template[data-name]');
const box = document.querySelector('[data-remember-name]');

/** Texts of a few hundred characters at most; whatever else is stored is not ours. */
function stored() {
  try {
    const names = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string' && name.length <= 254) : [];
  } catch {
    // Storage is blocked, or holds something else.
    return [];
  }
}

function store(names) {
  try {
    if (names.length === 0) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(names.slice(0, most)));
  } catch {
    // Storage is blocked or full: nothing is remembered.
  }
}

function offer(name) {
  const part = chip.content.cloneNode(true);
  const element = part.querySelector('.name');
  const [use, forget] = element.querySelectorAll('button');
  use.firstElementChild.textContent = name;
  forget.setAttribute('aria-label', `${forget.getAttribute('aria-label')}: ${name}`);
  use.addEventListener('click', () => {
    input.value = name;
    const next = document.querySelector('[name="credentials.passcode"]');
    if (next) next.focus();
    else input.form.requestSubmit();
  });
  forget.addEventListener('click', () => {
    store(stored().filter((one) => one !== name));
    element.remove();
    show();
    input.focus();
  });
  list.append(part);
}

function show() {
  list.hidden = list.childElementCount === 0;
  box.hidden = stored().includes(input.value.trim()) && input.value !== '';
}

function remember() {
  const name = input.value.trim();
  if (name === '' || !box.querySelector('input').checked) return;
  store([name, ...stored().filter((one) => one !== name)]);
}

if (input && list && box) {
  // A name that was refused is not offered again.
  if (document.querySelector('.notice-error')) store(stored().filter((name) => name !== input.value.trim()));
  if (input.value === '') for (const name of stored()) offer(name);
  input.form.addEventListener('submit', remember);
  show();
}
