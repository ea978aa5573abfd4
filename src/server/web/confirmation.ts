/** How the citizen confirms before staff what is handed in: the ways a service accepts, what each of them needs, and reading it from the form. */
import type { ConfirmationMode } from '#package';
import type { Confirmation, Draft } from '#server/applications';
import type { ConfirmationView } from '#ui/counter/types.ts';
import type { SummaryError } from '#ui/types.ts';
import type { Request } from './kit.ts';

const MODES: readonly ConfirmationMode[] = ['spoken', 'read-back', 'signature', 'paper'];

/** The box that strokes are drawn in; `src/ui/sign` scales to it. */
const BOX = { width: 600, height: 200 };
/** What the pad sends: lines through whole points of the box, as the data of an SVG path. */
const STROKES = /^(?:M\d{1,3} \d{1,3}(?:L\d{1,3} \d{1,3})*)+$/;
/** A dot or a slip of the pen is no signature. */
const LEAST_POINTS = 12;
const MOST = 20_000;

type Typed = ReadonlyMap<string, readonly string[]>;

const acceptedBy = ({ pkg }: Draft): readonly ConfirmationMode[] => MODES.filter((one) => pkg.service.confirmation?.includes(one) ?? true);

/** The drawing as a document of our own; nothing of it but numbers comes from outside. */
function drawingOf(strokes: string): string | undefined {
  if (strokes.length > MOST || !STROKES.test(strokes) || strokes.split(/[ML]/).length <= LEAST_POINTS) return undefined;
  const pen = 'fill="none" stroke="#000" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${BOX.width} ${BOX.height}"><path d="${strokes}" ${pen}/></svg>`;
}

export type Read = { readonly confirmation: Omit<Confirmation, 'at' | 'summarySha256'> } | { readonly refused: SummaryError };

/** What the form says, or what is missing in it. */
export function readConfirmation({ t }: Request, draft: Draft, values: Typed): Read {
  const value = (name: string, most: number) => (values.get(name)?.[0] ?? '').trim().slice(0, most);
  const accepted = acceptedBy(draft);
  const how = accepted.find((one) => one === value('_how', 20));
  if (!how) return { refused: { text: t.t('counter.how.missing'), href: `#how-${accepted[0]}` } };
  if (how === 'spoken') {
    const note = value('_record', 2_000);
    return note ? { confirmation: { how, note } } : { refused: { text: t.t('counter.how.missingRecord'), href: '#record' } };
  }
  if (how === 'signature') {
    const drawing = drawingOf(value('_strokes', MOST + 1));
    const name = value('_signer', 200);
    if (drawing) return { confirmation: { how, drawing } };
    return name ? { confirmation: { how, name } } : { refused: { text: t.t('counter.how.missingSignature'), href: '#signer' } };
  }
  return { confirmation: { how } };
}

/** The form's part; `typed`: what was sent and not taken. */
export function confirmationView({ t }: Request, draft: Draft, typed: Typed): ConfirmationView {
  const accepted = acceptedBy(draft);
  const text = (id: string, preset: string) => ({
    id,
    name: `_${id}`,
    label: t.t(`counter.how.${id}`),
    value: typed.get(`_${id}`)?.[0] ?? preset,
  });
  return {
    how: {
      name: '_how',
      label: t.t('counter.how.label'),
      options: accepted.map((value) => ({
        id: `how-${value}`,
        value,
        label: t.t(`counter.how.${value}`),
        chosen: typed.get('_how')?.[0] === value || accepted.length === 1,
      })),
    },
    record: accepted.includes('spoken') ? text('record', t.t('counter.how.recordPreset')) : undefined,
    signer: accepted.includes('signature') ? text('signer', '') : undefined,
    box: BOX,
  };
}
