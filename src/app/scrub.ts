/** `token=KEY` in a URL or a message. */
const tokenParameter = /(\btoken=)[^&\s"']+/gi;
/** `scheme://user:password@`. */
const urlPassword = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*:)[^\s/@"']+(?=@)/gi;

/**
 * Takes API keys and passwords out of a text, by the places where URLs carry them.
 *
 * The second line of defence: secrets are `Secret` objects and do not reach texts. It is for what
 * users and libraries put together themselves.
 */
export function scrubSecrets(text: string): string {
  return text.replace(tokenParameter, "$1[secret]").replace(urlPassword, "$1[secret]");
}
