import { fold, statusLine, text } from './dom.ts';

/**
 * A text field with a list in front of a long native select (ARIA combobox pattern). The select stays the form's control and keeps its name;
 * the field takes over its id, so that label, hint, errors and the error summary still lead to it.
 */
export function makeCombobox(select: HTMLSelectElement): void {
  const options = [...select.options].filter((option) => option.value);
  const box = document.createElement('div');
  const input = document.createElement('input');
  const list = document.createElement('ul');
  const id = select.id;
  let active = -1;

  select.id = `${id}-select`;
  box.className = 'combobox';
  list.className = 'combobox__list';
  list.id = `${id}-list`;
  list.role = 'listbox';
  list.hidden = true;
  Object.assign(input, {
    id,
    type: 'text',
    role: 'combobox',
    autocomplete: select.autocomplete && select.autocomplete !== 'off' ? `${select.autocomplete}-name` : 'off',
  });
  input.className = 'kern-form-input__input' + (select.matches('.kern-form-input__select--error') ? ' kern-form-input__input--error' : '');
  for (const name of ['aria-describedby', 'aria-invalid']) {
    const value = select.getAttribute(name);
    if (value) input.setAttribute(name, value);
  }
  input.setAttribute('aria-autocomplete', 'list');
  input.setAttribute('aria-controls', list.id);
  list.setAttribute('aria-label', document.querySelector(`label[for="${CSS.escape(id)}"]`)?.textContent?.trim() ?? '');

  const chosenLabel = () => (select.value ? select.selectedOptions[0]!.text : '');
  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };
  const choose = (value: string) => {
    select.value = value;
    input.value = chosenLabel();
    select.dispatchEvent(new Event('change', { bubbles: true }));
    close();
  };
  const move = (to: number) => {
    const items = [...list.children];
    if (items.length === 0) return;
    active = (to + items.length) % items.length;
    items.forEach((item, index) => item.setAttribute('aria-selected', String(index === active)));
    items[active]!.scrollIntoView({ block: 'nearest' });
    input.setAttribute('aria-activedescendant', items[active]!.id);
  };
  const matching = (word: string) => {
    const found = options.filter((option) => fold(option.text).includes(word));
    // What begins with the word comes first.
    return found.sort((a, b) => Number(fold(b.text).startsWith(word)) - Number(fold(a.text).startsWith(word)));
  };
  const open = (word: string) => {
    const found = matching(word);
    list.replaceChildren(
      ...found.map((option, index) => {
        const item = document.createElement('li');
        item.id = `${list.id}-${index}`;
        item.role = 'option';
        item.ariaSelected = 'false';
        item.textContent = option.text;
        // Before the field loses its focus.
        item.onmousedown = (event) => {
          event.preventDefault();
          choose(option.value);
        };
        return item;
      }),
    );
    list.hidden = found.length === 0;
    active = -1;
    input.setAttribute('aria-expanded', String(!list.hidden));
    input.removeAttribute('aria-activedescendant');
    status.textContent = found.length === 0 ? text('noMatch') : text('matches', found.length);
  };

  input.addEventListener('input', () => open(fold(input.value)));
  input.addEventListener('click', () => list.hidden && open(''));
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (list.hidden) open('');
      move(active < 0 ? (event.key === 'ArrowDown' ? 0 : -1) : active + (event.key === 'ArrowDown' ? 1 : -1));
    } else if (event.key === 'Enter' && active >= 0) {
      event.preventDefault();
      (list.children[active] as HTMLElement).dispatchEvent(new MouseEvent('mousedown', { cancelable: true }));
    } else if (event.key === 'Escape' && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
  input.addEventListener('blur', () => {
    const word = fold(input.value);
    const found = matching(word);
    const exact = options.find((option) => fold(option.text) === word) ?? (found.length === 1 ? found[0] : undefined);
    if (!word) choose('');
    else if (exact) choose(exact.value);
    else input.value = chosenLabel();
    close();
  });

  const shell = select.closest<HTMLElement>('.kern-form-input__select-wrapper') ?? select;
  box.append(input, list);
  const status = statusLine(box);
  shell.before(box);
  shell.hidden = true;
  input.value = chosenLabel();
  close();
}
