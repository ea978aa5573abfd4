import { home } from '#server/web';

export const load = ({ locals }) => home(locals.request);
