import { failure } from '#server/web';

// The error page has no load of its own: what it needs is handed down as a function of status and error.
export const load = ({ locals }) => ({ failure: failure(locals.request) });
