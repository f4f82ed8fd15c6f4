// Puts times into the zone of the reader, and shows the exact one of "2 minutes ago" on a click. Without this script
// times are in UTC, and the exact one stands in the title.

const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });

function exactly(time) {
  return format.format(new Date(time.dateTime));
}

/** In its place a button, which shows the one and the other in turn. */
function makeButton(time) {
  const words = time.textContent;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'time';
  time.replaceWith(button);
  button.append(time);
  time.title = exactly(time);
  button.addEventListener('click', () => {
    const isExact = time.textContent !== words;
    time.textContent = isExact ? words : exactly(time);
    time.title = isExact ? exactly(time) : words;
  });
}

for (const time of document.querySelectorAll('time[data-local]')) {
  if (time.title === '') time.textContent = exactly(time);
  else if (time.closest('a, button, summary')) time.title = exactly(time);
  else makeButton(time);
}
