import { text } from './dom.ts';

/** Says how many characters are left, in the place where the limit stands (`<id>-limit`). Screen readers hear it when typing pauses. */
export function countCharacters(area: HTMLTextAreaElement): void {
  const line = document.getElementById(`${area.id}-limit`);
  if (!line) return;
  line.setAttribute('aria-live', 'polite');
  let timer: ReturnType<typeof setTimeout>;
  const show = () => {
    const left = Number(area.dataset.limit) - [...area.value].length;
    line.textContent = left < 0 ? text('charsOver', -left) : text('chars', left);
  };
  area.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(show, 400);
  });
  if (area.value) show();
}
