// Shows a hidden text on request, and says when Caps Lock is on. Without this script the input is an ordinary one.

for (const box of document.querySelectorAll('[data-hidden-text]')) {
  const input = box.querySelector('input');
  const reveal = box.querySelector('[data-reveal]');
  const capsLock = box.parentElement.querySelector('[data-caps-lock]');
  const setRevealed = (isRevealed) => {
    input.type = isRevealed ? 'text' : 'password';
    reveal.setAttribute('aria-pressed', String(isRevealed));
    for (const text of reveal.querySelectorAll('[data-shown]'))
      text.hidden = (text.dataset.shown === 'true') !== isRevealed;
  };
  const look = (event) => {
    capsLock.hidden = !event.getModifierState?.('CapsLock');
  };
  reveal.addEventListener('click', () => {
    setRevealed(input.type === 'password');
    input.focus();
  });
  for (const type of ['keydown', 'keyup', 'mousedown']) input.addEventListener(type, look);
  input.addEventListener('blur', () => {
    capsLock.hidden = true;
  });
  // A browser must not keep what it would take for an ordinary text.
  input.form.addEventListener('submit', () => setRevealed(false));
  reveal.hidden = false;
}
