/** The client id of the built-in app in which users manage their own account. No file can describe another app by this id. */

export const accountClientId = 'stepgate-account';
