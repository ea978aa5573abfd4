/** Handing in, at the counter for the citizen or by the citizen: the declarations of the review and the confirmations given there. */
import { error } from '@sveltejs/kit';
import { joinPath, pageChanges, parsePage, readRaw, type Answers, type Json, type Step } from '#flow';
import { submit, walkOptions, type Draft } from '#server/applications';
import type { Clerk } from '#server/identity';
import type { SheetDoneView } from '#ui/counter/types.ts';
import type { SummaryError } from '#ui/types.ts';
import { domId, fieldLabel, problemText } from '#views';
import type { Request } from './kit.ts';
import { revisionOf } from './question.ts';
import { CONFIRMED } from './sheet-check.ts';
import { reader } from './views.ts';

/** The draft's answers with what the review's form declares. */
export function declared(draft: Draft, step: Step, values: ReadonlyMap<string, readonly string[]>): Answers {
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

/** The clerk hands in what the citizen, who is there, has confirmed. */
export async function handIn(
  request: Request,
  clerk: Clerk,
  draft: Draft,
  values: ReadonlyMap<string, readonly string[]>,
): Promise<HandedIn> {
  const { portal, t, lang } = request;
  const step = draft.walk.steps.at(-1)!;
  if (values.get('_revision')?.[0] !== revisionOf(draft)) return { draft, refused: [{ text: t.t('conflict.title') }] };
  if (step.page.kind !== 'check') return { draft, refused: [{ text: t.t('counter.sheet.incomplete') }] };
  const how = CONFIRMED.find((one) => one === values.get('_how')?.[0]);
  if (!how) return { draft, refused: [{ text: t.t('counter.how.missing'), href: `#how-${CONFIRMED[0]}` }] };
  const confirmed = await portal.counter.confirm(clerk, draft, how);
  if (confirmed.outcome !== 'saved') return error(410, 'draft');
  const now = confirmed.draft;
  const result = await submit(portal.store, portal.keys, {
    draft: now,
    answers: declared(now, step, values),
    lang,
    callbackUrl: `${request.origin}/api/v1/status`,
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
        },
      };
    case 'incomplete': {
      const after = result.walk.byPath.get(step.path);
      const read = reader(now.pkg, lang);
      const refused = (after?.fields ?? []).flatMap((field) => {
        const path = joinPath(step.prefix, field.id);
        const problem = after?.errors.find((one) => one.path === path);
        const text = problem && problemText(read, field, fieldLabel(read, field, now.walk.scope), problem);
        return text ? [{ text, href: `#${domId(path)}` }] : [];
      });
      return { draft: now, refused: refused.length > 0 ? refused : [{ text: t.t('counter.sheet.incomplete') }] };
    }
    case 'defect':
      return defect(request, draft, result.problems);
    default:
      return error(410, 'draft');
  }
}
