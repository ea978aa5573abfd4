import { toImport } from '#server/web';

// The address as people type it.
export const load = ({ locals }) => toImport(locals.request);
