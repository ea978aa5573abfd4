import { toDesk } from '#server/web';

// The address as people type it.
export const load = ({ locals }) => toDesk(locals.request);
