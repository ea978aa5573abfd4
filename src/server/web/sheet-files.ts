/** A form of the sheet that carries files: they are taken in by the clerk who has the draft in hand, and the database asks whether that is so. */
import { error, type RequestEvent } from '@sveltejs/kit';
import { applySheet, sheetSteps, type FieldProblem } from '#flow';
import { walkOptions, type Draft, type Intake } from '#server/applications';
import type { Clerk } from '#server/identity';
import { bodyOf } from './kit.ts';
import { sheetForm, SOURCES } from './sheet-save.ts';
import { fileFields, receiveUpload } from './upload.ts';

export const carriesFiles = ({ request }: RequestEvent): boolean =>
  request.headers.get('content-type')?.startsWith('multipart/form-data') ?? false;

/** Reads past a form that is refused, so that the answer arrives. */
export async function readPast(event: RequestEvent): Promise<void> {
  for await (const part of bodyOf(event)) void part;
}

/** The form's controls, and the draft with its files: stored and saved at once, so that an error elsewhere on the sheet loses no file. */
export async function receiveSheet(event: RequestEvent, clerk: Clerk, draft: Draft, section: string, { channel }: Intake) {
  const { request } = event.locals;
  const { counter } = request.portal;
  // A page for files may stand on the sheet because of an answer that has just been given, and comes before it in the form.
  const fieldsIn = (controls: ReadonlyMap<string, string[]>) => {
    const { walk } = applySheet(draft.pkg.flow, draft.answers, section, sheetForm(controls), walkOptions(draft));
    return fileFields(sheetSteps(walk, section));
  };
  const received = await receiveUpload(event, request, draft, fieldsIn, {
    staff: clerk.sessionHash,
    reload: ({ id }) => counter.open(clerk, id),
    save: (now, answers, walked) => counter.save(clerk, now, answers, walked, { source: SOURCES[channel], channel }),
    held: () => error(410, 'draft'),
  });
  // `removed` says no more than that one stays on the page, as one does here anyway
  const problems: FieldProblem[] = received.problems.filter(({ code }) => code !== 'removed');
  return { ...received, problems };
}
