/** A destination that speaks SOAP. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, type SoapDestination, type SoapPart } from '#server/config';
import type { CommonSettings, OwnSettings, References } from '../types.ts';
import { readWsdl, type Operation } from './wsdl.ts';

/** What a fault means: tried again, waits for a person, or waits for other settings. */
export type FaultMeaning = 'retry' | 'park' | 'settings';

export interface SoapSettings extends CommonSettings {
  readonly adapter: 'soap';
  readonly operation: string;
  readonly port: string | undefined;
  /** Where the WSDL is fetched, at the first send. */
  readonly wsdlUrl: string | undefined;
  /** What a WSDL said that was there at the start. */
  readonly described: Operation | undefined;
  /** Instead of the address in the WSDL. */
  readonly url: string | undefined;
  readonly message: readonly SoapPart[];
  readonly user: { readonly name: string; readonly password: string; readonly digest: boolean } | undefined;
  /** Undefined: as the WSDL asks. */
  readonly mtom: boolean | undefined;
  /** By code, without prefix. */
  readonly faults: Readonly<Record<string, FaultMeaning>>;
  readonly accepted: { readonly path: readonly string[]; readonly values: readonly string[] } | undefined;
}

const leaf = (name: string, from = name): SoapPart => ({ element: name, from });

/** The body of the contract that Schalter publishes (`static/schemas/submission.v1.wsdl`). */
export const CONTRACT: readonly SoapPart[] = [
  ...['id', 'submission', 'reference'].map((name) => leaf(name)),
  { element: 'municipality', children: ['id', 'ars', 'name'].map((name) => leaf(name, `municipality.${name}`)) },
  {
    element: 'service',
    children: [leaf('id', 'service.id'), { element: 'leika', each: 'service.leika', from: '.' }, leaf('level', 'service.level')],
  },
  ...['channel', 'language', 'submittedAt', 'payloadSha256'].map((name) => leaf(name)),
  leaf('envelope', '.'),
  {
    element: 'attachment',
    each: 'attachments',
    children: [...['id', 'name', 'mime', 'size', 'sha256', 'field'].map((name) => leaf(name)), { element: 'content', content: true }],
  },
];
const CONTRACT_OPERATION = 'Submit';

export function soapSettings(document: SoapDestination, { secret, open, problem }: References): OwnSettings<SoapSettings> {
  const { url, port, user, accepted, operation = CONTRACT_OPERATION } = document;
  const wsdlUrl = document.wsdl !== undefined && !document.wsdl.startsWith('file:') ? document.wsdl : undefined;
  let described: Operation | undefined;
  if (wsdlUrl === undefined) {
    const text = document.wsdl === undefined ? readFileSync(join(ROOT, 'static/schemas/submission.v1.wsdl'), 'utf8') : open(document.wsdl);
    try {
      described = text === undefined ? undefined : readWsdl(text, { operation, port });
    } catch (error) {
      problem(`the WSDL ${document.wsdl ?? 'of the contract'} does not describe the operation "${operation}": ${(error as Error).message}`);
    }
    if (document.wsdl === undefined && url === undefined) problem('"url" is missing: the address of the service');
  }
  const address = url ?? described?.address;
  return {
    endpoints: [address, wsdlUrl].filter((one) => one !== undefined && URL.canParse(one)) as string[],
    operation,
    port,
    wsdlUrl,
    described,
    url,
    message: document.message ?? CONTRACT,
    user: user && { name: user.name, password: secret(user.password) ?? '', digest: user.form !== 'text' },
    mtom: document.attachments && document.attachments === 'mtom',
    faults: document.faults ?? {},
    accepted: accepted && { path: accepted.path.split('/'), values: accepted.values },
  };
}
