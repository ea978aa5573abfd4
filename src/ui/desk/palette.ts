/** The palette of commands and the list of keys. Their words stand in the page; they close with Escape, and the focus goes back where it was. */
import { all, fold, one } from '../enhance/dom.ts';

function open(id: string): HTMLDialogElement | null {
  const dialog = one<HTMLDialogElement>(id);
  dialog?.showModal();
  return dialog;
}

export function openKeys(): void {
  open('#desk-keys');
}

/** Everything that can be gone to or done from here: sections, open points, buttons. */
function commands(): HTMLElement[] {
  return all('[data-sections] a, .sheet-open li a, [data-save], [data-keep], .counter-bar__actions button').filter(
    (one) => one.textContent.trim() !== '',
  );
}

let ready = false;

export function openPalette(): void {
  const dialog = open('#desk-palette');
  const input = dialog && one<HTMLInputElement>('input', dialog);
  const list = dialog && one('ul', dialog);
  if (!dialog || !input || !list) return;
  const show = () => {
    const words = fold(input.value).split(/\s+/);
    const found = commands().filter((command) => words.every((word) => fold(command.textContent).includes(word)));
    list.replaceChildren(
      ...found.slice(0, 12).map((command) => {
        const item = document.createElement('li');
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'desk-command';
        button.textContent = command.textContent.replace(/\s+/g, ' ').trim();
        button.addEventListener('click', () => {
          dialog.close();
          command.closest('details')?.setAttribute('open', '');
          command.click();
        });
        item.append(button);
        return item;
      }),
    );
  };
  input.value = '';
  show();
  if (ready) return;
  ready = true;
  input.addEventListener('input', show);
  dialog.addEventListener('keydown', (event) => {
    const buttons = all<HTMLButtonElement>('button.desk-command', dialog);
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === 'Enter' && at < 0) buttons[0]?.click();
    else if (event.key === 'ArrowDown') buttons[Math.min(at + 1, buttons.length - 1)]?.focus();
    else if (event.key === 'ArrowUp') (buttons[at - 1] ?? input).focus();
    else return;
    event.preventDefault();
  });
}
