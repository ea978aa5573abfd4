/** What the destination offers, held against what we want to send. */
import type { Envelope } from '../../envelope.ts';
import type { RemoteDestination } from './api.ts';
import { settings } from './halt.ts';
import type { FitConnectSettings } from './settings.ts';

export interface Target {
  readonly publicService: { readonly identifier: string; readonly name: string };
  readonly schema: string;
  readonly encryptionKid: string;
  readonly metadataVersion: string;
}

interface PublicService {
  identifier?: unknown;
  submissionSchemas?: { schemaUri?: unknown; mimeType?: unknown }[];
}

/** @throws Halt with what does not fit */
export function targetOf(remote: RemoteDestination, { services }: FitConnectSettings, { service }: Pick<Envelope, 'service'>): Target {
  const ours = Object.hasOwn(services, service.id) ? services[service.id] : undefined;
  if (!ours) throw settings('service-not-configured');
  if (remote.status !== 'active') throw settings('destination-inactive');
  const { encryptionKid } = remote;
  if (typeof encryptionKid !== 'string' || !/^[\w-]{1,128}$/.test(encryptionKid)) throw settings('destination-without-key');
  const offered = (Array.isArray(remote.publicServices) ? remote.publicServices : []) as PublicService[];
  const wanted = service.leika.map((key) => `urn:de:fim:leika:leistung:${key}`);
  const known = offered.filter((one) => wanted.includes(String(one.identifier)));
  if (known.length === 0) throw settings('service-not-offered');
  const fitting = known.find(({ submissionSchemas }) =>
    (Array.isArray(submissionSchemas) ? submissionSchemas : []).some(
      ({ schemaUri, mimeType }) => schemaUri === ours.schema && mimeType === 'application/json',
    ),
  );
  if (!fitting) throw settings('schema-not-offered');
  return {
    publicService: { identifier: String(fitting.identifier), name: ours.name },
    schema: ours.schema,
    encryptionKid,
    metadataVersion: versionOf(remote.metadataVersions),
  };
}

/** The newest version that the destination lists and that our metadata is written in: any 2.x.y, or 1.x.y. */
function versionOf(listed: unknown): string {
  const parts = (version: string) => version.split('.').map(Number) as [number, number, number];
  const newest = (Array.isArray(listed) ? listed : [])
    .filter((one): one is string => typeof one === 'string' && /^[12]\.\d{1,3}\.\d{1,3}$/.test(one))
    .sort((a, b) => {
      const [x, y] = [parts(a), parts(b)];
      return y[0] - x[0] || y[1] - x[1] || y[2] - x[2];
    })[0];
  if (newest === undefined) throw settings('metadata-version');
  return newest;
}
