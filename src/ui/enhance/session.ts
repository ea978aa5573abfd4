import { one } from './dom.ts';

const warnAt = 120_000;

/**
 * Opens the warning two minutes before the time limit (WCAG 2.2.1), counts down, and keeps the session by a POST. Escape means stay.
 * The server's own clock is compared once, so that a wrong clock on the device does no harm.
 */
export function watchSession(dialog: HTMLDialogElement): void {
  const { sessionNow, sessionEnds, keep, left, leftOne, leftSeconds } = dialog.dataset as Record<string, string>;
  const length = Date.parse(sessionEnds!) - Date.parse(sessionNow!);
  let ends = Date.now() + length;
  let announced = '';

  const stay = async () => {
    const answer = await fetch(keep!, { method: 'POST' }).catch(() => undefined);
    if (answer?.ok) {
      ends = Date.now() + length;
      dialog.close();
    }
  };
  one('button', dialog)?.addEventListener('click', () => void stay());
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    void stay();
  });

  setInterval(() => {
    const rest = ends - Date.now();
    // The page says itself what was kept.
    if (rest <= 0) return location.replace(location.pathname + location.search);
    if (rest > warnAt) return;
    if (!dialog.open) dialog.showModal();
    const seconds = Math.ceil(rest / 1000);
    const fill = (at: number) =>
      (at > 60 ? left! : at === 60 ? leftOne! : leftSeconds!).replace('{n}', String(at > 60 ? Math.ceil(at / 60) : at));
    one('.countdown', dialog)!.textContent = fill(seconds);
    // Spoken only now and then: at two minutes, one minute, and 20 seconds.
    const spoken = fill(seconds > 60 ? 120 : seconds > 20 ? 60 : 20);
    if (spoken !== announced) one('[data-announce]', dialog)!.textContent = announced = spoken;
  }, 1000);
}
