// Shows the button that prints. Without this script, users print with the menu of their browser.
for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}
