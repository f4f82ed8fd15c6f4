// Loads the script of the challenge service, which draws the challenge and puts its response into the form. Where it
// does not load the page says so. Without scripts the user waits, as the page says. Nothing here has a global name: the
// script of the service shares them.

for (const place of document.querySelectorAll('[data-challenge-service]')) {
  const script = document.createElement('script');
  script.src = place.dataset.challengeService;
  script.addEventListener('error', () => {
    document.querySelector('[data-challenge-service-failed]').hidden = false;
  });
  place.hidden = false;
  document.head.append(script);
}
