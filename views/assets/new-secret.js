// Says how good a new password is while the user types it. The server checks it in any case:
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
  const show = () => {
    const level = levelOf(input.value, Number(box.dataset.strength));
    meter.value = level;
    for (const text of box.querySelectorAll('[data-level]')) text.hidden = Number(text.dataset.level) !== level;
  };
  input.addEventListener('input', show);
  box.hidden = false;
  show();
}
