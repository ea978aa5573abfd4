import { deskPage } from '#server/web';

export const load = ({ locals }) => deskPage(locals.request);
