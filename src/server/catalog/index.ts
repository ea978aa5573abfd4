/**
 * What can be applied for here: flow packages read once at start, offerings per municipality, and pinned versions of drafts that began before an
 * update. A broken package is reported and not served; the others are.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FieldTypes, Json } from '#flow';
import { fromDocuments, readPackage, type Finding, type Package, type PackageDocuments } from '#package';
import type { DestinationDocument, Municipality, OfferingDocument } from '#server/config';

export interface Offering {
  readonly service: string;
  readonly municipality: Municipality;
  readonly document: OfferingDocument;
  readonly destination: DestinationDocument;
  readonly pkg: Package;
  /** The municipality's parameters over the package's defaults. One object per offering, so that walks can be continued. */
  readonly params: Readonly<Record<string, Json>>;
}

/** Why an offering cannot be used today, if so. */
export type Closed = { reason: 'not-yet' | 'over' | 'closed'; text?: Record<string, string> };

export interface Catalog {
  readonly findings: readonly Finding[];
  readonly offerings: (municipality: string) => readonly Offering[];
  readonly offering: (municipality: string, service: string) => Offering | undefined;
  readonly closed: (offering: Offering, today: string) => Closed | undefined;
  /** A version of a package by its hash: the current one, or an older one from what was pinned. */
  readonly version: (service: string, hash: string, load: () => Promise<PackageDocuments | undefined>) => Promise<Package | undefined>;
}

/** Reads all packages of a folder and binds them to what the municipalities offer. */
export function openCatalog(flowsDir: string, municipalities: readonly Municipality[], types: FieldTypes): Catalog {
  const findings: Finding[] = [];
  const packages = new Map<string, Package>();
  for (const entry of existsSync(flowsDir) ? readdirSync(flowsDir, { withFileTypes: true }) : []) {
    if (!entry.isDirectory()) continue;
    const result = readPackage(join(flowsDir, entry.name), types);
    findings.push(...result.findings.map((finding) => ({ ...finding, file: join(entry.name, finding.file) })));
    if (result.package) packages.set(entry.name, result.package);
  }
  const byMunicipality = new Map<string, Map<string, Offering>>();
  for (const municipality of municipalities) {
    const offerings = new Map<string, Offering>();
    for (const [index, document] of municipality.services.entries()) {
      const pkg = packages.get(document.service);
      const destination = municipality.destinations.find((one) => one.id === document.destination);
      if (!pkg || !destination) {
        findings.push({
          rule: 'offering',
          severity: 'error',
          file: `${municipality.id}.json`,
          place: `/services/${index}/service`,
          message: `"${document.service}" cannot be offered: there is no sound flow package of that name.`,
          remedy: `Run "schalter flow check flows/${document.service}" and mend what it names.`,
        });
        continue;
      }
      const declared = pkg.service.parameters ?? {};
      const params: Record<string, Json> = {};
      for (const [name, parameter] of Object.entries(declared)) {
        // The Land that rules differ by is the municipality's own.
        const own = parameter.default ?? (name === 'land' && parameter.type === 'text' ? municipality.land : undefined);
        const value = document.params && Object.hasOwn(document.params, name) ? document.params[name] : own;
        if (value !== undefined) params[name] = value;
      }
      offerings.set(document.service, { service: document.service, municipality, document, destination, pkg, params });
    }
    byMunicipality.set(municipality.id, offerings);
  }
  const older = new Map<string, Promise<Package | undefined>>();
  return {
    findings,
    offerings: (municipality) => [...(byMunicipality.get(municipality)?.values() ?? [])],
    offering: (municipality, service) => byMunicipality.get(municipality)?.get(service),
    closed: ({ document }, today) => {
      if (document.closed) return { reason: 'closed', text: document.closed };
      if (document.from && today < document.from) return { reason: 'not-yet' };
      if (document.until && today > document.until) return { reason: 'over' };
      return undefined;
    },
    version: async (service, hash, load) => {
      const current = packages.get(service);
      if (current?.hash === hash) return current;
      let pending = older.get(hash);
      if (!pending) {
        pending = load().then((documents) => (documents ? fromDocuments(documents, types) : undefined));
        older.set(hash, pending);
        pending.catch(() => older.delete(hash));
      }
      return pending;
    },
  };
}
