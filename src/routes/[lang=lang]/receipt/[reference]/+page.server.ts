import { receipt } from '#server/web';

export const load = ({ locals, params }) => receipt(locals.request, params.reference);
