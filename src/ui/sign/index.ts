/**
 * The pad for a signature, served as `/sign.js` to the counter's review alone. Without it the name is typed. What is sent are lines through whole points
 * of the box that the page names; the server makes the drawing of them.
 */
import SignaturePad from 'signature_pad';
import { one } from '../enhance/dom.ts';

function openPad(place: HTMLElement): void {
  const canvas = one<HTMLCanvasElement>('canvas', place);
  const strokes = one<HTMLInputElement>('input[type=hidden]', place);
  const clear = one<HTMLButtonElement>('button', place);
  if (!canvas || !strokes || !clear) return;
  place.hidden = false;
  const box = { width: Number(place.dataset.width), height: Number(place.dataset.height) };
  const pad = new SignaturePad(canvas, { penColor: '#000' });

  /** As large as it is shown; what was drawn stays. */
  const fit = () => {
    const { width, height } = canvas.getBoundingClientRect();
    if (width === 0 || (canvas.width === Math.round(width) && canvas.height === Math.round(height))) return;
    const [x, y] = [width / canvas.width, height / canvas.height];
    const drawn = pad.toData();
    for (const point of drawn.flatMap(({ points }) => points)) {
      point.x *= x;
      point.y *= y;
    }
    canvas.width = Math.round(width);
    canvas.height = Math.round(height);
    pad.fromData(drawn);
  };
  new ResizeObserver(fit).observe(canvas);

  pad.addEventListener('endStroke', () => {
    const scaled = (value: number, from: number, to: number) => Math.min(to, Math.max(0, Math.round((value / from) * to)));
    strokes.value = pad
      .toData()
      .map(({ points }) =>
        points
          .map(({ x, y }) => `${scaled(x, canvas.width, box.width)} ${scaled(y, canvas.height, box.height)}`)
          .map((point, at) => (at === 0 ? `M${point}` : `L${point}`))
          .join(''),
      )
      .join('');
  });
  clear.addEventListener('click', () => {
    pad.clear();
    strokes.value = '';
  });
}

const place = one('[data-pad]');
if (place) openPad(place);
