import { keepSession } from '#server/web';

export const POST = ({ locals }) => keepSession(locals.request);
