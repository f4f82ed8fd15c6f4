// Says how good a new password is while the user types it, and shows it on request. The server checks it in any case:
// nothing depends on this script.

/** Characters (code points), as the server counts them. */
function lengthOf(text) {
  return [...text.normalize('NFC')].length;
}

/** 0: nothing typed, 1: too short, 2: long enough, 3: long, and not a few characters over and over. */
function levelOf(text, shortest) {
  const length = lengthOf(text);
  if (length === 0) return 0;
  if (length < shortest) return 1;
  const isVaried = new Set(text).size >= 8;
  return isVaried && length >= Math.max(shortest, 15) + 5 ? 3 : 2;
}

for (const box of document.querySelectorAll('[data-strength]')) {
  const input = box.parentElement.querySelector('input');
  const meter = box.querySelector('meter');
  const reveal = box.querySelector('[data-reveal]');
  const show = () => {
    const level = levelOf(input.value, Number(box.dataset.strength));
    meter.value = level;
    for (const text of box.querySelectorAll('[data-level]')) text.hidden = Number(text.dataset.level) !== level;
  };
  const setRevealed = (isRevealed) => {
    input.type = isRevealed ? 'text' : 'password';
    reveal.setAttribute('aria-pressed', String(isRevealed));
    for (const text of reveal.querySelectorAll('[data-shown]'))
      text.hidden = (text.dataset.shown === 'true') !== isRevealed;
  };
  input.addEventListener('input', show);
  reveal.addEventListener('click', () => setRevealed(input.type === 'password'));
  // A browser must not keep what it would take for an ordinary text.
  input.form.addEventListener('submit', () => setRevealed(false));
  box.hidden = false;
  show();
}
