/** Covers the sheet when nobody has been at the desk for a while: against eyes in the waiting room. Not a lock: any key or pointer brings it back. */
import { one } from '../enhance/dom.ts';

/** Milliseconds without a key or a pointer. */
const REST = 60_000;

export function coverAtRest(): void {
  const main = one('main');
  if (!main) return;
  let rest = 0;
  const stir = () => {
    clearTimeout(rest);
    delete main.dataset.covered;
    rest = window.setTimeout(() => (main.dataset.covered = ''), REST);
  };
  for (const sign of ['keydown', 'pointerdown', 'pointermove', 'wheel']) addEventListener(sign, stir, { capture: true, passive: true });
  stir();
}
