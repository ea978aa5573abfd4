import { casePage } from '#server/web';

export const load = ({ locals, params }) => casePage(locals.request, params.reference);
