import { toCounter } from '#server/web';

// The address as people type it.
export const load = ({ locals }) => toCounter(locals.request);
