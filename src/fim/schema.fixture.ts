/** Small schemas of our own making, as XML of version 3.0.0. */

export interface FixtureField {
  id: string;
  label?: string;
  help?: string;
  input?: string;
  data?: string;
  count?: string;
  limits?: Record<string, string>;
  codes?: Record<string, string>;
  list?: { uri: string; version?: string };
  content?: string;
  maxSize?: number;
  mediaTypes?: string[];
  rules?: string[];
}

export interface FixtureGroup {
  id: string;
  label?: string;
  count?: string;
  choice?: boolean;
  members: (FixtureField | FixtureGroup)[];
  rules?: string[];
}

export interface FixtureSchema {
  id?: string;
  version?: string;
  status?: string;
  rules?: string[];
  members: (FixtureField | FixtureGroup)[];
}

const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
export const NS = 'urn:xoev-de:fim:standard:xdatenfelder_3.0.0';

function rulesXml(rules: string[] = [], owner = ''): string {
  return rules
    .map(
      (text, i) =>
        `<x:regel><x:identifikation><x:id>R_${owner}_${i + 1}</x:id></x:identifikation><x:name>r</x:name><x:freitextRegel>${escape(text)}</x:freitextRegel></x:regel>`,
    )
    .join('');
}

function head(one: { id: string; label?: string; help?: string }): string {
  return (
    `<x:identifikation><x:id>${escape(one.id)}</x:id><x:version>1.0.0</x:version></x:identifikation><x:name>${escape(one.label ?? one.id)}</x:name>` +
    `<x:freigabestatus><code>6</code></x:freigabestatus><x:bezeichnungEingabe>${escape(one.label ?? `Angabe ${one.id}`)}</x:bezeichnungEingabe>` +
    (one.help ? `<x:hilfetextEingabe>${escape(one.help)}</x:hilfetextEingabe>` : '')
  );
}

function memberXml(one: FixtureField | FixtureGroup): string {
  const inner =
    'members' in one
      ? `<x:datenfeldgruppe>${head(one)}${one.choice ? '<x:art><code>X</code></x:art>' : ''}${rulesXml(one.rules, one.id)}${one.members.map(memberXml).join('')}</x:datenfeldgruppe>`
      : fieldXml(one);
  return `<x:struktur><x:anzahl>${one.count ?? '1:1'}</x:anzahl><x:enthaelt>${inner}</x:enthaelt></x:struktur>`;
}

function fieldXml(one: FixtureField): string {
  const input = one.input ?? (one.codes || one.list ? 'select' : 'input');
  const limits = Object.entries(one.limits ?? {})
    .map(([name, value]) => ` ${name}="${escape(value)}"`)
    .join('');
  const codes = one.codes
    ? `<x:werte>${Object.entries(one.codes)
        .map(([code, label]) => `<x:wert><x:code>${escape(code)}</x:code><x:name>${escape(label)}</x:name></x:wert>`)
        .join('')}</x:werte>`
    : '';
  const list = one.list
    ? `<x:codelisteReferenz><x:canonicalIdentification>${escape(one.list.uri)}</x:canonicalIdentification>${one.list.version ? `<x:version>${one.list.version}</x:version>` : ''}</x:codelisteReferenz>`
    : '';
  return (
    `<x:datenfeld>${head(one)}${rulesXml(one.rules, one.id)}<x:feldart><code>${input}</code></x:feldart><x:datentyp><code>${one.data ?? 'text'}</code></x:datentyp>` +
    (limits ? `<x:praezisierung${limits}/>` : '') +
    (one.content ? `<x:inhalt>${escape(one.content)}</x:inhalt>` : '') +
    codes +
    list +
    (one.maxSize ? `<x:maxSize>${one.maxSize}</x:maxSize>` : '') +
    (one.mediaTypes ?? []).map((type) => `<x:mediaType>${type}</x:mediaType>`).join('') +
    `</x:datenfeld>`
  );
}

export function schemaXml({ id = 'S99000000001', version = '1.0.0', status = '6', rules, members }: FixtureSchema): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?><x:xdatenfelder.stammdatenschema.0102 xmlns:x="${NS}"><x:header/><x:stammdatenschema>` +
    `<x:identifikation><x:id>${id}</x:id><x:version>${version}</x:version></x:identifikation><x:name>Probe</x:name>` +
    `<x:freigabestatus><code>${status}</code></x:freigabestatus><x:bezeichnung>Probeantrag</x:bezeichnung>` +
    `${rulesXml(rules, 'S')}${members.map(memberXml).join('')}</x:stammdatenschema></x:xdatenfelder.stammdatenschema.0102>`
  );
}

export function codeListXml(uri: string, version: string, codes: readonly (readonly [string, string])[]): string {
  return (
    `<CodeList xmlns="http://docs.oasis-open.org/codelist/ns/genericode/1.0/"><Identification><Version>${version}</Version><CanonicalUri>${uri}</CanonicalUri>` +
    `<CanonicalVersionUri>${uri}_${version}</CanonicalVersionUri></Identification><ColumnSet><Column Id="c" Use="required"/><Column Id="n" Use="required"/>` +
    `<Key Id="codeKey"><ColumnRef Ref="c"/></Key></ColumnSet><SimpleCodeList>` +
    codes
      .map(
        ([code, name]) =>
          `<Row><Value ColumnRef="c"><SimpleValue>${escape(code)}</SimpleValue></Value><Value><SimpleValue>${escape(name)}</SimpleValue></Value></Row>`,
      )
      .join('') +
    `</SimpleCodeList></CodeList>`
  );
}
