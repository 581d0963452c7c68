/** A mistake or a lack that the person at the terminal can do something about: shown as it is, without a stack trace. */
export class UserError extends Error {}
