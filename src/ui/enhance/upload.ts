import { all, one, text } from './dom.ts';

/**
 * Sends a form that carries files with a progress bar. False where there is nothing to show, and the browser sends the form itself.
 * A redirect is followed; a page with errors takes the place of this one. After a failed connection nothing is lost: `reset` frees the
 * form, and the files are still chosen.
 */
export function sendFiles(event: SubmitEvent, form: HTMLFormElement, reset: () => void, enhance: () => void): boolean {
  if (!all<HTMLInputElement>('input[type=file]', form).some((input) => input.files?.length)) return false;
  const place = one('[data-upload]', form) ?? form;
  place.querySelector('[data-progress]')?.remove();
  const box = document.createElement('div');
  box.dataset.progress = '';
  const bar = document.createElement('progress');
  const line = document.createElement('p');
  line.id = 'upload-text';
  line.role = 'status';
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute('aria-labelledby', line.id);
  box.append(line, bar);
  place.append(box);

  let told = -1;
  const tell = (share: number) => {
    bar.value = share;
    // Ten steps: a screen reader would read every single percent.
    if (Math.floor(share / 10) !== told) line.textContent = text('uploadText', (told = Math.floor(share / 10)) * 10);
  };
  const fail = () => {
    line.textContent = text('uploadFailed');
    bar.remove();
    reset();
  };

  const request = new XMLHttpRequest();
  request.open('POST', form.action);
  request.setRequestHeader('Accept', 'text/html');
  request.upload.onprogress = ({ loaded, total }) => tell((loaded / total) * 100);
  request.onerror = fail;
  request.onload = () => {
    if (request.responseURL && request.responseURL !== form.action) return location.assign(request.responseURL);
    const page = new DOMParser().parseFromString(request.responseText, 'text/html');
    if (!one('main', page)) return fail();
    document.title = page.title;
    document.body.replaceWith(page.body);
    scrollTo(0, 0);
    enhance();
  };
  tell(0);
  request.send(new FormData(form, event.submitter));
  return true;
}
