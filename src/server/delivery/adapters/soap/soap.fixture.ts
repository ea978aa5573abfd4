/** For tests of SOAP: settings from a document, a context, and answers as a service gives them. What is sent is read by another parser. */
import { randomUUID } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import type { SoapDestination } from '#server/config';
import { answerWith, openTestFile, testEnvelope, testSummary, type Reaction } from '../../deliveries.fixture.ts';
import { destinationSettings } from '../../destinations.ts';
import { request, type EgressPolicy } from '../../egress/index.ts';
import type { DeliveryContext } from '../types.ts';
import type { SoapSettings } from './settings.ts';

export const PASSWORD = 'a password of a test';

export function soapSettingsFor(
  url: string,
  more: Partial<SoapDestination> = {},
  files: Readonly<Record<string, string>> = {},
): SoapSettings {
  const document: SoapDestination = { id: 'office', name: 'Office', adapter: 'soap', url, allowHttp: true, allowPrivate: true, ...more };
  return destinationSettings(document, (reference) => files[reference] ?? PASSWORD) as SoapSettings;
}

export function soapContext(
  destination: SoapSettings,
  { files = 0, policy = {}, payload }: { files?: number; policy?: Partial<EgressPolicy>; payload?: object } = {},
): DeliveryContext<SoapSettings> {
  const made = testEnvelope(randomUUID(), 'office', 'musterstadt', files);
  const envelope = payload ? { ...made, payload: payload as typeof made.payload } : made;
  return {
    destination,
    envelope,
    bytes: Buffer.from(JSON.stringify(envelope)),
    openAttachment: openTestFile,
    summary: testSummary,
    signal: new AbortController().signal,
    now: Date.now,
    lookup: undefined,
    checkpoint: undefined,
    again: false,
    saveCheckpoint: () => Promise.resolve(),
    keepProofs: () => Promise.resolve(),
    beginSend: () => Promise.resolve(),
    request: (call) =>
      request(call, {
        endpoints: destination.endpoints,
        allowHttp: destination.allowHttp,
        allowPrivate: destination.allowPrivate,
        tls: destination.tls,
        timeoutMilliseconds: 2_000,
        ...policy,
      }),
  };
}

export const envelope11 = (body: string) =>
  `<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>${body}</soap:Body></soap:Envelope>`;
export const envelope12 = (body: string) =>
  `<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"><env:Body>${body}</env:Body></env:Envelope>`;
export const taken = answerWith(
  200,
  envelope12('<r:SubmitResponse xmlns:r="https://schalter.example/soap/v1"><r:case>1</r:case></r:SubmitResponse>'),
  {
    'content-type': 'application/soap+xml; charset=utf-8',
  },
);
export const fault11 = (code: string, text = 'words', status = 500): Reaction =>
  answerWith(status, envelope11(`<soap:Fault><faultcode>${code}</faultcode><faultstring>${text}</faultstring></soap:Fault>`), {
    'content-type': 'text/xml',
  });
export const fault12 = (code: string, subcode: string | undefined, status = 500): Reaction =>
  answerWith(
    status,
    envelope12(
      `<env:Fault><env:Code><env:Value>${code}</env:Value>${subcode ? `<env:Subcode><env:Value>${subcode}</env:Value></env:Subcode>` : ''}</env:Code><env:Reason><env:Text xml:lang="de">words</env:Text></env:Reason></env:Fault>`,
    ),
    { 'content-type': 'application/soap+xml' },
  );

type Tree = { readonly [name: string]: unknown };
const parser = new XMLParser({ ignoreAttributes: false, removeNSPrefix: true, parseTagValue: false, processEntities: true });

/** The envelope's Header and Body, as another program reads them. */
export function readMessage(text: string): { header: Tree; body: Tree } {
  const { Envelope } = parser.parse(text) as { Envelope: { Header: Tree; Body: Tree } };
  return { header: Envelope.Header, body: Envelope.Body };
}
