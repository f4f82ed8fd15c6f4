/** The demo's mark: a door that stands ajar. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0b6b5d"/><path d="M10 26V7h12v19" fill="none" stroke="#fff" stroke-width="2.4" stroke-linejoin="round"/><path d="M10 26V7l8 3.4v18z" fill="#fff"/><circle cx="15.4" cy="18" r="1.3" fill="#0b6b5d"/></svg>`;
