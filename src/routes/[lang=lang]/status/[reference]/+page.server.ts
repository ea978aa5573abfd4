import { status } from '#server/web';

export const load = ({ locals, params }) => status(locals.request, params.reference);
