// Passkeys and security keys. A form with `data-webauthn` holds the options of a ceremony as JSON (Web Authentication
// Level 3 section 5); this starts it, writes what comes back into the hidden inputs of the form, and sends the form.

/** ArrayBuffer to base64url. */
function encode(buffer) {
  let text = '';
  for (const byte of new Uint8Array(buffer)) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** base64url to bytes. */
function decode(text) {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0));
}

function withBytes(descriptors) {
  return descriptors.map((descriptor) => ({ ...descriptor, type: 'public-key', id: decode(descriptor.id) }));
}

async function create(options, more) {
  const { response } = await navigator.credentials.create({
    ...more,
    publicKey: {
      ...options,
      challenge: decode(options.challenge),
      user: { ...options.user, id: decode(options.user.id) },
      excludeCredentials: withBytes(options.excludeCredentials),
    },
  });
  return {
    clientData: encode(response.clientDataJSON),
    attestation: encode(response.attestationObject),
    transports: JSON.stringify(response.getTransports?.() ?? []),
  };
}

async function get(options, more) {
  const { response, rawId } = await navigator.credentials.get({
    ...more,
    publicKey: {
      ...options,
      challenge: decode(options.challenge),
      allowCredentials: withBytes(options.allowCredentials),
    },
  });
  return {
    credentialId: encode(rawId),
    clientData: encode(response.clientDataJSON),
    authenticatorData: encode(response.authenticatorData),
    signatureData: encode(response.signature),
    userHandle: response.userHandle ? encode(response.userHandle) : '',
  };
}

/**
 * Names of DOMException (section 5.1.3 step 22, section 5.1.4.1 step 20) to codes of messages. A refusal and a cancel
 * look alike.
 */
const codes = {
  AbortError: 'webauthn.cancelled',
  NotAllowedError: 'webauthn.cancelled',
  InvalidStateError: 'webauthn.registered',
  ConstraintError: 'webauthn.unverifiable',
  NotSupportedError: 'webauthn.unsupported',
  SecurityError: 'webauthn.unavailable',
};

function say(form, code) {
  const place = form.querySelector('[data-webauthn-messages]');
  const failures = form.querySelector('template[data-failures]').content.cloneNode(true);
  for (const old of document.querySelectorAll('main > .notice, form .notice')) old.remove();
  const message = failures.querySelector('.notice');
  message.querySelector('p').dataset.message = code;
  message.querySelector('p > span').append(failures.querySelector(`[data-failure="${code}"]`));
  place.replaceChildren(message);
}

/** A box of the main form counts for this one too: `data-box` holds its id. */
function takeBoxes(form) {
  for (const input of form.querySelectorAll('[data-box]'))
    input.value = document.getElementById(input.dataset.box)?.checked ? 'yes' : '';
}

function send(form, values) {
  takeBoxes(form);
  for (const [name, value] of Object.entries(values)) form.elements.namedItem(`credentials.${name}`).value = value;
  form.submit();
}

function prepare(form) {
  const { mediation, ...options } = JSON.parse(form.dataset.webauthn);
  const button = form.querySelector('button');
  const isEnrollment = form.dataset.step === 'enroll';
  const place = form.querySelector('[data-webauthn-waiting]');
  const cancel = form.querySelector('[data-webauthn-cancel]');
  const waiting = { controller: undefined };
  // Conditional alone: passkeys are only among what the browser fills in.
  button.hidden = mediation === 'conditional';

  /** While the browser asks, the page says so, and lets the user change their mind. */
  function showWaiting(isWaiting) {
    place.hidden = !isWaiting;
    button.hidden = isWaiting;
  }

  /** Offers passkeys among what the browser fills in, until the user presses the button. */
  async function wait() {
    if (!form.hasAttribute('data-webauthn-autofill')) return;
    if (!(await window.PublicKeyCredential?.isConditionalMediationAvailable?.())) return;
    waiting.controller = new AbortController();
    try {
      send(form, await get(options, { mediation: 'conditional', signal: waiting.controller.signal }));
    } catch {
      // The user asked for nothing, so there is no message to show.
    }
  }

  async function start() {
    if (!window.PublicKeyCredential) return say(form, 'webauthn.unsupported');
    waiting.controller?.abort();
    waiting.controller = new AbortController();
    const { signal } = waiting.controller;
    showWaiting(true);
    cancel.focus();
    try {
      send(form, await (isEnrollment ? create(options, { signal }) : get(options, { signal })));
    } catch (error) {
      showWaiting(false);
      say(form, codes[error.name] ?? 'webauthn.failed');
      button.focus();
      void wait();
    }
  }

  cancel.addEventListener('click', () => waiting.controller?.abort());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void start();
  });
  if (form.hasAttribute('data-webauthn-focus')) button.focus();
  void wait();
}

for (const form of document.querySelectorAll('form[data-webauthn]')) prepare(form);
