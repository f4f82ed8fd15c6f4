// Tells the browser which credentials still count, so that it offers no others (Web Authentication Level 3 section
// 5.1.10). Nothing depends on it: a browser without these methods, or one that refuses, goes on as before.

async function tell({ rpId, userId, allAcceptedCredentialIds, name, displayName, credentialId }) {
  const list = window.PublicKeyCredential;
  if (credentialId !== undefined) return list?.signalUnknownCredential?.({ rpId, credentialId });
  await list?.signalAllAcceptedCredentials?.({ rpId, userId, allAcceptedCredentialIds });
  await list?.signalCurrentUserDetails?.({ rpId, userId, name, displayName });
}

for (const { dataset } of document.querySelectorAll('[data-credential-signal]'))
  tell(JSON.parse(dataset.credentialSignal)).catch(() => {});
