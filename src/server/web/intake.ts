/**
 * The counter's start: who is there, what the clerk is asked to do, and which application. Nothing of a person is open before that is on record, and
 * without the record no answer can be entered.
 */
import { error, fail, type RequestEvent } from '@sveltejs/kit';
import { shortfall, today, typedDay, type Intake } from '#server/applications';
import type { Clerk } from '#server/identity';
import type { CounterStartView, IntakeChoice, IntakeText } from '#ui/counter/types.ts';
import { casePath, takeOut } from './case.ts';
import { clerkOf, counterPath, showCounter, stationName, toOwnArea } from './clerk.ts';
import { go, readForm, type Request } from './kit.ts';
import { foundServices } from './services.ts';

export const sheetPath = (lang: string, application: string, section: string): string =>
  counterPath(lang, `sheet/${application}/${section}`);

/** Why staff open an application. */
export const PURPOSES = ['fill', 'finish', 'correct', 'ask'] as const;
/** Why an application is handed on; `restricted`: to the team lead, and kept from everybody else. */
export const HANDED_ON = [...PURPOSES, 'restricted'] as const;

const CHOICES = {
  channel: ['counter', 'phone', 'post', 'email'],
  person: ['self', 'attorney', 'legal'],
  method: ['idCard', 'passport', 'residencePermit', 'known', 'none'],
  verified: ['yes', 'no'],
  // a choice and not typed text: it goes into the log, which holds nothing of a person's answers
  purpose: PURPOSES,
} as const;
const PRESET: Readonly<Record<keyof typeof CHOICES, string>> = {
  channel: 'counter',
  person: 'self',
  method: '',
  verified: '',
  purpose: 'fill',
};

/** A form that was not taken: what was typed, and what is wrong by control. */
interface Left {
  readonly typed: ReadonlyMap<string, readonly string[]>;
  readonly problems: ReadonlyMap<string, string>;
}
const left = new WeakMap<Request, Left>();

/** Reads the record. Wrong or missing parts are named in `problems`. */
function readIntake(request: Request, clerk: Clerk, typed: Left['typed'], problems: Map<string, string>): Intake | undefined {
  const { t } = request;
  const value = (name: string) => typed.get(name)?.[0] ?? '';
  const chosen = <Name extends keyof typeof CHOICES>(name: Name) => {
    const found = CHOICES[name].find((one) => one === value(name)) as (typeof CHOICES)[Name][number] | undefined;
    if (!found) problems.set(name, t.t(`counter.intake.missing.${name}`));
    return found;
  };
  const [channel, person, method, verified] = [chosen('channel'), chosen('person'), chosen('method'), chosen('verified')];
  chosen('purpose');
  const written = channel === 'post' || channel === 'email';
  const receivedOn = typedDay(value('receivedOn'));
  if (written && (receivedOn === undefined || receivedOn > today())) problems.set('receivedOn', t.t('counter.intake.missing.receivedOn'));
  if (value('mandate') !== 'yes') problems.set('mandate', t.t('counter.intake.missing.mandate'));
  if (!channel || !person || !method || !verified || problems.size > 0) return undefined;
  return {
    channel,
    person,
    identity: { method, verified: verified === 'yes' && method !== 'none' },
    ...(written && { receivedOn }),
    actor: clerk.name,
    subject: clerk.subject,
    at: new Date(request.portal.store.now()).toISOString(),
  };
}

export async function counterStart(request: Request) {
  await toOwnArea(request);
  const clerk = await clerkOf(request);
  const { t, lang } = request;
  const { typed, problems }: Left = left.get(request) ?? { typed: new Map(), problems: new Map() };
  const value = (name: string) => typed.get(name)?.[0];
  const choice = (name: string, label: string, options: readonly { value: string; label: string }[], preset = ''): IntakeChoice => ({
    name,
    label,
    options: options.map((one) => ({ ...one, id: `${name}-${one.value}`, chosen: one.value === (value(name) ?? preset) })),
    error: problems.get(name),
  });
  const text = (name: string): IntakeText => ({
    id: name,
    name,
    label: t.t(`counter.intake.${name}`),
    hint: t.has(`counter.intake.${name}Hint`) ? t.t(`counter.intake.${name}Hint`) : undefined,
    value: value(name) ?? '',
    error: problems.get(name),
  });
  const services = foundServices(request, value('search') ?? '').map(({ service, title }) => ({ value: service, label: title }));
  const view: CounterStartView = {
    action: counterPath(lang),
    answer: counterPath(lang, 'answer'),
    message: request.url.searchParams.has('gone') ? t.t('counter.start.gone') : undefined,
    errors: [...problems].map(([name, what]) => ({ text: what, href: `#${anchor(name, services[0]?.value)}` })),
    choices: (Object.keys(CHOICES) as (keyof typeof CHOICES)[]).map((name) =>
      choice(
        name,
        t.t(`counter.intake.${name}.label`),
        CHOICES[name].map((one) => ({ value: one, label: t.t(`counter.intake.${name}.${one}`) })),
        PRESET[name],
      ),
    ),
    receivedOn: text('receivedOn'),
    mandate: { given: value('mandate') === 'yes', error: problems.get('mandate') },
    code: text('code'),
    factor: text('factor'),
    search: text('search'),
    services: choice('service', t.t('counter.intake.service'), services),
    reference: text('reference'),
    below: problems.has('below') ? value('service') : undefined,
  };
  const title = t.t('counter.start.title');
  return showCounter(
    request,
    { title: clerk.station ? `${title}, ${stationName(request, clerk.station)}` : title, faulty: problems.size > 0 },
    view,
  );
}

/** The control that a message leads to. */
function anchor(name: string, firstService = ''): string {
  if (name === 'below') return 'start';
  if (Object.hasOwn(CHOICES, name)) return `${name}-${CHOICES[name as keyof typeof CHOICES][0]}`;
  return name === 'service' ? `service-${firstService}` : name;
}

export async function postIntake(event: RequestEvent) {
  const { request } = event.locals;
  const clerk = await clerkOf(request);
  const typed = await readForm(event);
  const value = (name: string, most = 200) => (typed.get(name)?.[0] ?? '').trim().slice(0, most);
  const problems = new Map<string, string>();
  const again = (status: number) => {
    left.set(request, { typed, problems });
    return fail(status);
  };
  const wanted = value('do');
  if (wanted === 'open') return (await openSubmitted(request, clerk, value('reference', 40), value('purpose'), problems)) ?? again(422);
  if (wanted !== 'claim' && wanted !== 'start') return again(422);
  const intake = readIntake(request, clerk, typed, problems);
  // one of the choices: else the record above has said so
  const purpose = value('purpose');
  if (wanted === 'start') {
    const section = await begin(request, clerk, value('service'), intake, { purpose, below: value('below') }, problems);
    return section === undefined ? again(422) : go(section);
  }
  for (const name of ['code', 'factor']) if (!value(name)) problems.set(name, request.t.t(`counter.intake.missing.${name}`));
  if (!intake || problems.size > 0) return again(422);
  return (await take(request, clerk, { code: value('code', 40), factor: value('factor'), purpose, intake }, problems)) ?? again(422);
}

/** Opens an application that was handed in: its number and why are enough, nobody has to be there. */
async function openSubmitted(
  request: Request,
  clerk: Clerk,
  typed: string,
  purpose: string,
  problems: Map<string, string>,
): Promise<undefined> {
  const { t, lang } = request;
  if (!PURPOSES.some((one) => one === purpose)) problems.set('purpose', t.t('counter.intake.missing.purpose'));
  if (!typed) problems.set('reference', t.t('counter.intake.missing.reference'));
  if (problems.size > 0) return undefined;
  const reference = await takeOut(request, clerk, typed, purpose);
  if (reference !== undefined) return go(casePath(lang, reference));
  problems.set('reference', t.t('counter.intake.noCase'));
  return undefined;
}

/** Begins an application; gives the address of its sheet. `below`: the service for which the clerk was told that too little is known. */
async function begin(
  request: Request,
  clerk: Clerk,
  service: string,
  intake: Intake | undefined,
  { purpose, below }: { readonly purpose: string; readonly below: string },
  problems: Map<string, string>,
): Promise<string | undefined> {
  const { portal, municipality, t, lang } = request;
  const offering = portal.catalog.offering(municipality.id, service);
  if (!offering) problems.set('service', t.t('counter.intake.missing.service'));
  else if (portal.catalog.closed(offering, today())) problems.set('service', t.t('counter.intake.closed'));
  else if (intake && !offering.document.channels.includes(intake.channel)) {
    const ways = offering.document.channels.filter((one) => one !== 'online').map((one) => t.t(`counter.intake.channel.${one}`));
    problems.set('channel', t.t('counter.intake.otherWay', { ways: ways.join(', ') }));
  }
  if (!offering || !intake || problems.size > 0) return undefined;
  // told once; whoever begins again goes on with what is known
  const short = below === service ? undefined : shortfall(offering.pkg.service, intake);
  if (short) {
    const level = (name: string) => t.t(`counter.assurance.${name}`);
    const told = t.t(`counter.assurance.${short.required ? 'required' : 'told'}`, {
      needed: level(short.needed),
      reached: level(short.reached),
    });
    problems.set('below', `${told} ${t.t('counter.assurance.again')}`);
    return undefined;
  }
  const id = await portal.counter.start(clerk, offering, { intake, lang, purpose });
  if (id === undefined) error(401, 'session');
  return sheetPath(lang, id, offering.pkg.flow.sections[0]!.id);
}

/** Takes an application in hand with its code, and puts the record into it. */
async function take(
  request: Request,
  clerk: Clerk,
  { code, factor, purpose, intake }: { code: string; factor: string; purpose: string; intake: Intake },
  problems: Map<string, string>,
): Promise<undefined> {
  const { counter } = request.portal;
  const { t, lang } = request;
  const claim = await counter.claim(clerk, code, factor, purpose);
  if (claim.outcome === 'forbidden') error(401, 'session');
  if (claim.outcome === 'refused') problems.set('code', t.t('counter.intake.refused'));
  if (claim.outcome === 'restricted') problems.set('code', t.t('counter.intake.restricted'));
  if (claim.outcome === 'held') {
    const { name, site, desk } = claim.by;
    const where = stationName(request, site && desk ? { site, desk } : undefined) ?? t.t('counter.start.nowhere');
    problems.set('code', t.t('counter.intake.held', { name, where }));
  }
  if (claim.outcome !== 'claimed') return undefined;
  const draft = await counter.open(clerk, claim.application);
  const message = claim.purpose !== undefined && { handedOn: { purpose: claim.purpose, note: claim.note ?? '' } };
  const record = { ...intake, ...message };
  const saved =
    draft && (await counter.save(clerk, draft, draft.answers, draft.walk, { source: 'typed', channel: intake.channel, intake: record }));
  if (saved?.outcome !== 'saved') error(409, 'draft');
  return go(sheetPath(lang, claim.application, saved.draft.walk.steps.at(-1)!.section));
}
