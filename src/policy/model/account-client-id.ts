/**
 * The client id of the built-in app in which users manage their own account. No file can give this id to another app.
 */

export const accountClientId = 'stepgate-account';
