/** Keeps the screen that the citizen sees up to date, served as `/screen.js`. Without it the page asks for itself anew, and the place one has scrolled to is lost. */
import { one } from '../enhance/dom.ts';

const EVERY = 2_000;

async function look(): Promise<void> {
  const main = one('main');
  if (!main?.dataset.again) return;
  const answer = await fetch(main.dataset.again, { redirect: 'error' });
  // The clerk has left, or the portal is away: nothing of a person stays on the screen.
  const page = answer.ok ? new DOMParser().parseFromString(await answer.text(), 'text/html') : undefined;
  const now = page && one('main', page);
  if (now?.dataset.state === main.dataset.state) return;
  if (now && page) {
    document.title = page.title;
    main.replaceWith(document.adoptNode(now));
  } else main.replaceChildren();
}

setInterval(() => void look().catch(() => one('main')?.replaceChildren()), EVERY);
