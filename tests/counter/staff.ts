/** Staff in tests: a login at the demo's provider by plain HTTP, as a browser without scripts does it. */
import { PASSWORD } from '../../src/identity-provider/accounts.ts';
import { PlainBrowser, type Answer, type World } from '../portal.ts';

/** Where a page that goes on by itself leads. */
export function onward(answer: Answer): string {
  const found = /<meta http-equiv="refresh" content="0; url=([^"]*)"/.exec(answer.body)?.[1];
  if (found === undefined) throw new Error(`the page does not go on: ${answer.status}`);
  return found.replaceAll('&amp;', '&');
}

/** Path and query of an address. */
export const pathOf = (address: string): string => {
  const url = new URL(address, 'http://here');
  return url.pathname + url.search;
};

/** The provider's pages, from its login page to the way back; gives the address of the call-back. `browser`: what the person has at the provider. */
export async function showWho(browser: PlainBrowser, location: string, user: string, password = PASSWORD): Promise<string> {
  const begun = await browser.send(pathOf(location));
  const interaction = pathOf(begun.location!);
  const answer = await browser.send(interaction, [
    ['user', user],
    ['password', password],
  ]);
  if (!answer.location) throw new Error(`not logged in: ${answer.status}`);
  return (await browser.send(pathOf(answer.location))).location!;
}

/** Logs a demo person in and gives them a desk; gives the page where they wanted to go. `station`: `site/desk`, empty for none. */
export async function logIn(
  { identity }: Pick<World, 'identity'>,
  browser: PlainBrowser,
  user: string,
  { to = '/de/counter', station = 'rathaus/1' } = {},
): Promise<Answer & { path: string }> {
  const login = await browser.send(`/de/counter/login?to=${encodeURIComponent(to)}`);
  const back = await showWho(new PlainBrowser(identity!.port, '127.0.0.1'), login.location!, user);
  await browser.send(onward(await browser.send(pathOf(back))));
  if (station) await browser.send('/de/counter/station', [['station', station]]);
  return browser.visit(to);
}
