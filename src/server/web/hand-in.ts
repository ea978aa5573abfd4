/** Handing in, at the counter for the citizen or by the citizen: the declarations of the review and the confirmations given there. */
import { error } from '@sveltejs/kit';
import { joinPath, pageChanges, parsePage, readRaw, walk, type Answers, type Json, type Step, type Walk } from '#flow';
import { submit, walkOptions, type Confirmation, type Draft } from '#server/applications';
import type { Clerk } from '#server/identity';
import type { SheetDoneView } from '#ui/counter/types.ts';
import type { SummaryError } from '#ui/types.ts';
import { domId, fieldLabel, problemText } from '#views';
import { casePapers } from './case.ts';
import { stationName } from './clerk.ts';
import { readConfirmation } from './confirmation.ts';
import { readFee } from './fee.ts';
import type { Request } from './kit.ts';
import { revisionOf } from './question.ts';
import { shownHash, SUMMARY } from './review.ts';
import { keepSent, lacking } from './sheet-check.ts';
import { reader } from './views.ts';

type Values = ReadonlyMap<string, readonly string[]>;

/** The draft's answers with what the review's form declares. */
export function declared(draft: Draft, step: Step, values: Values): Answers {
  const raw = readRaw(step, values);
  const { values: parsed } = parsePage(step, raw, draft.answers, walkOptions(draft));
  const given: Record<string, Json> = {};
  for (const field of step.fields) {
    const name = joinPath(step.prefix, field.id);
    if (!field.type.silent) given[name] = parsed[name] === true ? true : null;
  }
  const confirmed = new Set(values.get('_confirm') ?? []);
  const answers = pageChanges(draft.answers, step, given, confirmed);
  for (const warning of draft.walk.warnings)
    if (warning.level === 'should' && confirmed.has(warning.rule)) answers[warning.confirmPath] = true;
  return answers;
}

/** The payload does not fit its contract: nothing is lost, the draft stays, and the log has what the flow's authors need. */
export function defect({ portal, municipality }: Request, draft: Draft, problems: readonly string[]): never {
  portal.logger.error('payload_defect', {
    municipality: municipality.id,
    service: draft.offering.service,
    flow: draft.pkg.hash,
    count: problems.length,
  });
  error(500, 'defect');
}

interface HandedIn {
  readonly draft?: Draft;
  readonly done?: SheetDoneView;
  readonly refused?: readonly SummaryError[];
}

/** The clerk hands in what the citizen, who is there or on the phone, has confirmed. What is refused has changed nothing. */
export async function handIn(request: Request, clerk: Clerk, draft: Draft, values: Values): Promise<HandedIn> {
  const { portal, t, lang } = request;
  keepSent(request, values);
  const refuse = (...refused: SummaryError[]): HandedIn => ({ draft, refused });
  const step = draft.walk.steps.at(-1)!;
  const summarySha256 = shownHash(draft, lang, t);
  // What is confirmed must be what was on the screen: a changed summary is shown first.
  if (values.get('_revision')?.[0] !== revisionOf(draft) || values.get(SUMMARY)?.[0] !== summarySha256)
    return refuse({ text: t.t('conflict.title') });
  if (step.page.kind !== 'check') return refuse({ text: t.t('counter.sheet.incomplete') });
  const short = lacking(request, draft);
  if (short?.required) return refuse({ text: short.text });
  const answers = declared(draft, step, values);
  const walked = walk(draft.pkg.flow, answers, { ...walkOptions(draft), previous: draft.walk });
  if (walked.outcome !== 'complete') return refuse(...openInReview(request, draft, step, walked));
  const [read, fee] = [readConfirmation(request, draft, values), readFee(request, draft, values)];
  if ('refused' in read) return refuse(read.refused);
  if ('refused' in fee) return refuse(fee.refused);
  const confirmation: Confirmation = { ...read.confirmation, at: new Date(request.portal.store.now()).toISOString(), summarySha256 };
  const confirmed = await portal.counter.confirm(clerk, draft, confirmation);
  if (confirmed.outcome !== 'saved') return error(410, 'draft');
  const place = stationName(request, clerk.station);
  const result = await submit(portal.store, portal.keys, {
    draft: confirmed.draft,
    answers,
    lang,
    callbackUrl: `${request.origin}/api/v1/status`,
    confirmation,
    transmittedBy: { by: 'clerk', name: clerk.name, ...(place && { place }) },
    fee: fee.note,
  });
  switch (result.outcome) {
    case 'submitted':
    case 'replayed':
      portal.wakeWorker();
      return {
        done: {
          title: t.t('counter.done.submitted.title'),
          text: t.t('counter.done.submitted.text'),
          code: result.reference,
          factor: result.pin && t.t('web.factor.pin', { pin: result.pin }),
          papers: casePapers(request, result.reference),
        },
      };
    case 'defect':
      return defect(request, draft, result.problems);
    default:
      return error(410, 'draft');
  }
}

/** What the review's own form still needs. */
function openInReview({ t, lang }: Request, draft: Draft, step: Step, walked: Walk): SummaryError[] {
  const after = walked.byPath.get(step.path);
  const read = reader(draft.pkg, lang);
  const open = (after?.fields ?? []).flatMap((field) => {
    const path = joinPath(step.prefix, field.id);
    const problem = after?.errors.find((one) => one.path === path);
    const text = problem && problemText(read, field, fieldLabel(read, field, draft.walk.scope), problem);
    return text ? [{ text, href: `#${domId(path)}` }] : [];
  });
  return open.length > 0 ? open : [{ text: t.t('counter.sheet.incomplete') }];
}
