const COUNTER = /^\/[a-z]{2}(?:-[a-z]{2,8})?\/counter(?:\/[A-Za-z0-9._~-]+)*$/;

/**
 * The address to go to after a login, if it is one of the counter's pages on this host; else undefined. Compared as the browser will read it:
 * `//host`, backslashes, dots and line breaks are resolved before anything is looked at.
 */
export function returnPath(wanted: string | null | undefined): string | undefined {
  if (!wanted || wanted.length > 1_000) return undefined;
  const here = 'http://counter.invalid';
  const url = URL.parse(wanted, here);
  if (!url || url.origin !== here || url.username !== '' || !COUNTER.test(url.pathname)) return undefined;
  return url.pathname + url.search;
}
